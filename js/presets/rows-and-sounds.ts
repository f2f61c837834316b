/** Networks for sounds and for rows of tables. */
import { layers } from "../model/layers.js";
import { adamwCycle, type ClassifierOptions, chain, classifying, type Preset } from "./preset.js";

/** Convolutions over a spectrogram [frames, bands, 1], as the preprocessing of sounds makes it. */
export function audioCnn(options: ClassifierOptions = {}): Preset {
  const { classes = 10, inputShape = [64, 40, 1], epochs = 20, seed = 0 } = options;
  const block = (filters: number) => [
    layers.conv2d({ filters, kernelSize: 3, padding: "same", useBias: false }),
    layers.batchNormalization({ momentum: 0.9 }),
    layers.activation({ activation: "relu" }),
    layers.maxPooling2d({ poolSize: 2 }),
  ];
  return {
    about: "Convolutions over the spectrogram of a sound.",
    source:
      "Sainath, Parada: Convolutional neural networks for small-footprint keyword spotting, 2015; normalised",
    spec: chain(
      "audioCnn",
      inputShape,
      [
        ...block(16),
        ...block(32),
        ...block(64),
        layers.globalAveragePooling2d(),
        layers.dropout({ rate: 0.3 }),
        layers.dense({ units: classes, activation: "softmax" }),
      ],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.008, { weightDecay: 0.01 }), ...classifying(0.05) },
    fit: { epochs, batchSize: 32 },
  };
}

/** What `mlp` takes. */
export interface MlpOptions extends ClassifierOptions {
  /** The sizes of the layers between. */
  hidden?: readonly number[];
}

/** Dense layers, for samples that are a row of numbers. */
export function mlp(options: MlpOptions = {}): Preset {
  const { classes = 2, inputShape = [16], hidden = [64, 32], epochs = 20, seed = 0 } = options;
  return {
    about: "Dense layers, for rows of numbers.",
    source:
      "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, 1986; with rectifiers and dropout",
    spec: chain(
      "mlp",
      inputShape,
      [
        ...hidden.flatMap((units) => [
          layers.dense({ units, activation: "relu" }),
          layers.dropout({ rate: 0.2 }),
        ]),
        layers.dense({ units: classes, activation: "softmax" }),
      ],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.01), ...classifying() },
    fit: { epochs, batchSize: 32 },
  };
}
