/** Networks that give their input back, by way of a small code or from noise. */
import { losses } from "../model/compile.js";
import { graphDesign, input, type Layer, type Node } from "../model/graph.js";
import { layers } from "../model/layers.js";
import type { CompileOptions } from "../types/model.js";
import { adamwCycle, chain, follow, type Preset, type PresetOptions } from "./preset.js";

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

/** What autoencoders with a small code take. */
export interface CodeOptions extends AutoencoderOptions {
  /** How many numbers the code has; default 16. */
  code?: number;
}

/** From a picture to what its code is made of. */
const seen = (): Layer[] => [relu(16, 2), relu(32, 2), layers.flatten()];

/** From a code to a picture. */
function rebuilt([height, width, channels]: readonly [number, number, number]): Layer[] {
  const small = [height / 4, width / 4, 32];
  return [
    layers.dense({ units: small.reduce((product, size) => product * size), activation: "relu" }),
    layers.reshape({ targetShape: small }),
    grown(32),
    grown(16),
    drawn(channels),
  ];
}

/** Pictures by way of a code of a few numbers. */
export function convAutoencoder(options: CodeOptions = {}): Preset {
  const { inputShape = DIGITS, code = 16, epochs = 5, seed = 0 } = options;
  return {
    about: `Pictures by way of ${code} numbers.`,
    source:
      "Hinton, Salakhutdinov: Reducing the dimensionality of data with neural networks, 2006; with convolutions",
    spec: chain(
      "convAutoencoder",
      inputShape,
      [...seen(), layers.dense({ units: code, name: "code" }), ...rebuilt(inputShape)],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.004), ...likeness },
    fit: { epochs, batchSize: 128 },
  };
}

/** What `denoisingAutoencoder` takes. */
export interface DenoisingOptions extends AutoencoderOptions {
  /**
   * The standard deviation of normally distributed noise that is added to pictures while training, and only then; 1 is
   * the way from black to white of pictures that are bytes. Default 0, for pairs that are noisy already.
   */
  noise?: number;
}

/**
 * Pictures out of noise. With `noise` it learns from clean pictures, given as inputs and as targets; without, from
 * noisy pictures as inputs and clean ones as targets, whatever their noise is like. Predictions take noisy pictures.
 */
export function denoisingAutoencoder(options: DenoisingOptions = {}): Preset {
  const { inputShape = DIGITS, noise = 0, epochs = 8, seed = 0 } = options;
  return {
    about: "Clean pictures out of noisy ones.",
    source:
      "Vincent, Larochelle, Bengio, Manzagol: Extracting and composing robust features with denoising autoencoders, 2008",
    spec: chain(
      "denoisingAutoencoder",
      inputShape,
      [
        ...(noise === 0 ? [] : [layers.gaussianNoise({ stddev: noise })]),
        ...[relu(24), relu(32, 2), relu(48), relu(64, 2), relu(64)],
        ...[grown(32), grown(24), drawn(inputShape[2])],
      ],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.002), ...likeness },
    fit: { epochs, batchSize: 64 },
  };
}

/** A loss that is the sum of what an output has for a sample. */
function summed(size: number) {
  const all = layers.dense({ units: 1, useBias: false, kernelInitializer: "ones" });
  return losses.ofOutput((yPred) => all.apply(yPred), { shape: [size] });
}

/**
 * Pictures by way of a distribution of codes, all of them together near the normal one: so pictures come of any code
 * that is drawn from that. It learns from pictures alone, whose values are from 0 to 1 (as those of bytes are): a
 * dataset needs no targets, and those that it has do not matter. 95,681 parameters for MNIST's digits.
 *
 * Layers: `mean` and `logVariance` say of a picture how its code is distributed, `[code]` each; `code` is one drawn
 * from there, in predictions the mean. Outputs: `picture`, `[height, width, channels]`; `reconstruction`, the
 * cross-entropy between each number of the picture and that of the rebuilt one (`[height * width * channels]`, nats);
 * `divergence`, that of each number of the code from the normal distribution (`[code]`, nats; formula 10 of the source).
 * The loss is their sum, the negative evidence lower bound; `compile.lossWeights` with a greater weight of `divergence`
 * gives a beta-VAE.
 */
export function variationalAutoencoder(options: CodeOptions = {}): Preset {
  const { inputShape = DIGITS, code = 16, epochs = 5, seed = 0 } = options;
  const picture = input({ shape: inputShape });
  const features = follow(picture, ...seen());
  const mean = layers.dense({ units: code, name: "mean" }).apply(features);
  const logVariance = layers.dense({ units: code, name: "logVariance" }).apply(features);
  const logits = follow(drawnFrom(mean, logVariance), ...rebuilt(inputShape));
  return {
    about: `Pictures by way of ${code} numbers, and new ones from numbers at random.`,
    source: "Kingma, Welling: Auto-encoding variational Bayes, 2013",
    spec: graphDesign({
      name: "variationalAutoencoder",
      inputs: picture,
      outputs: [
        layers.activation({ activation: "sigmoid", name: "picture" }).apply(logits),
        crossEntropy(picture, logits),
        divergence(mean, logVariance),
      ],
      seed,
    }).spec,
    compile: {
      optimizer: adamwCycle(0.005),
      loss: {
        reconstruction: summed(inputShape.reduce((product, size) => product * size)),
        divergence: summed(code),
      },
    },
    // Small batches: it takes some hundreds of steps until codes say anything of pictures.
    fit: { epochs, batchSize: 32 },
  };
}

/** mean + exp(logVariance / 2) * noise: one of the codes, by which both can be trained (the reparametrisation trick). */
function drawnFrom(mean: Node, logVariance: Node): Node {
  const zeros = layers.rescaling({ scale: 0 }).apply(mean);
  const noise = layers.gaussianNoise({ stddev: 1 }).apply(zeros);
  const deviation = follow(
    logVariance,
    layers.rescaling({ scale: 0.5 }),
    layers.activation({ activation: "exponential" }),
  );
  return layers.add({ name: "code" }).apply([mean, layers.multiply().apply([deviation, noise])]);
}

/** ln(1 + e^z) - x z for the logits z of the pixels x: -x ln(sigmoid(z)) - (1 - x) ln(1 - sigmoid(z)). */
function crossEntropy(picture: Node, logits: Node): Node {
  const whole = layers.activation({ activation: "softplus" }).apply(logits);
  const part = layers.multiply().apply([picture, logits]);
  return follow(layers.subtract().apply([whole, part]), layers.flatten({ name: "reconstruction" }));
}

/** (mean^2 + variance - 1 - logVariance) / 2 of each number of a code. */
function divergence(mean: Node, logVariance: Node): Node {
  const terms = [
    layers.multiply().apply([mean, mean]),
    layers.activation({ activation: "exponential" }).apply(logVariance),
    layers.rescaling({ scale: -1, offset: -1 }).apply(logVariance),
  ];
  return follow(layers.add().apply(terms), layers.rescaling({ scale: 0.5, name: "divergence" }));
}
