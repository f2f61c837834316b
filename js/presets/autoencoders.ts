/** Networks that give their input back, by way of a small code or from noise. */
import type { Layer } from "../model/graph.js";
import { layers } from "../model/layers.js";
import type { CompileOptions } from "../types/model.js";
import { adamwCycle, chain, type Preset, type PresetOptions } from "./preset.js";

/** What autoencoders take. */
export interface AutoencoderOptions extends PresetOptions {
  /** The shape of a picture; its sides a multiple of 4. */
  inputShape?: readonly [number, number, number];
}

const DIGITS = [28, 28, 1] as const;

const relu = (filters: number, strides = 1): Layer =>
  layers.conv2d({ filters, kernelSize: 3, strides, padding: "same", activation: "relu" });

const grown = (filters: number): Layer =>
  layers.conv2dTranspose({ filters, kernelSize: 3, strides: 2, padding: "same", activation: "relu" });

/**
 * The picture. Not through a sigmoid: where most of a picture is black, the first steps drive it so far towards black
 * that its slope vanishes, and with a squared error nothing is learned from then on.
 */
const drawn = (channels: number): Layer =>
  layers.conv2d({ filters: channels, kernelSize: 3, padding: "same" });

const likeness = {
  loss: "meanSquaredError",
  metrics: ["meanAbsoluteError"],
} satisfies Pick<CompileOptions, "loss" | "metrics">;

/** Pictures by way of a code of a few numbers. */
export function convAutoencoder(options: AutoencoderOptions & { code?: number } = {}): Preset {
  const { inputShape = DIGITS, code = 16, epochs = 5, seed = 0 } = options;
  const [height, width, channels] = inputShape;
  const small = [height / 4, width / 4, 32];
  return {
    about: `Pictures by way of ${code} numbers.`,
    source:
      "Hinton, Salakhutdinov: Reducing the dimensionality of data with neural networks, 2006; with convolutions",
    spec: chain(
      "convAutoencoder",
      inputShape,
      [
        relu(16, 2),
        relu(32, 2),
        layers.flatten(),
        layers.dense({ units: code, name: "code" }),
        layers.dense({ units: small.reduce((product, size) => product * size), activation: "relu" }),
        layers.reshape({ targetShape: small }),
        grown(32),
        grown(16),
        drawn(channels),
      ],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.004), ...likeness },
    fit: { epochs, batchSize: 128 },
  };
}

/** Pictures out of noise: train it with noisy pictures as inputs and the clean ones as targets. */
export function denoisingAutoencoder(options: AutoencoderOptions = {}): Preset {
  const { inputShape = DIGITS, epochs = 5, seed = 0 } = options;
  return {
    about: "Clean pictures out of noisy ones.",
    source:
      "Vincent, Larochelle, Bengio, Manzagol: Extracting and composing robust features with denoising autoencoders, 2008",
    spec: chain(
      "denoisingAutoencoder",
      inputShape,
      [relu(24), relu(32, 2), relu(48), relu(64, 2), relu(64), grown(32), grown(24), drawn(inputShape[2])],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.002), ...likeness },
    fit: { epochs, batchSize: 64 },
  };
}
