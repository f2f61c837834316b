import type { OptimizerSpec } from "tabgrad";

/** A layer while it is edited: any attributes, which the engine checks. */
export interface EditedLayer {
  type: string;
  [attribute: string]: unknown;
}

export interface RunSettings {
  optimizer: OptimizerSpec["type"];
  learningRate: number;
  schedule: "constant" | "oneCycle";
  batchSize: number;
  epochs: number;
  seed: number;
}

export interface Preset {
  id: string;
  name: string;
  about: string;
  layers: (classes: number) => EditedLayer[];
  run: RunSettings;
}

/** Weights and biases begin as PyTorch's do, where these recipes were measured. */
const torch = { kernelInitializer: "fanInUniform", biasInitializer: "fanInUniform" };
const relu: EditedLayer = { type: "activation", activation: "relu" };
const softmax: EditedLayer = { type: "activation", activation: "softmax" };

export const presets: readonly Preset[] = [
  {
    id: "v3",
    name: "Small and quick, normalised",
    about: "Three convolutions with batch normalisation. On MNIST over 99% in two epochs.",
    layers: (classes) => [
      { type: "conv2d", filters: 16, kernelSize: 5, strides: 2, ...torch },
      { type: "batchNormalization" },
      relu,
      { type: "conv2d", filters: 24, kernelSize: 3, ...torch },
      { type: "batchNormalization" },
      relu,
      { type: "maxPooling2d", poolSize: 2 },
      { type: "conv2d", filters: 32, kernelSize: 3, ...torch },
      { type: "batchNormalization" },
      relu,
      { type: "flatten" },
      { type: "dense", units: classes, ...torch },
      softmax,
    ],
    run: {
      optimizer: "adamw",
      learningRate: 0.008,
      schedule: "oneCycle",
      batchSize: 128,
      epochs: 3,
      seed: 7,
    },
  },
  {
    id: "w1",
    name: "The classic",
    about: "Two convolutions, two poolings, one dense layer.",
    layers: (classes) => [
      { type: "conv2d", filters: 8, kernelSize: 5, activation: "relu", ...torch },
      { type: "maxPooling2d", poolSize: 2 },
      { type: "conv2d", filters: 16, kernelSize: 5, activation: "relu", ...torch },
      { type: "maxPooling2d", poolSize: 2 },
      { type: "flatten" },
      { type: "dense", units: classes, ...torch },
      softmax,
    ],
    run: { optimizer: "adam", learningRate: 0.001, schedule: "constant", batchSize: 64, epochs: 3, seed: 7 },
  },
];

export const defaultPreset = presets[0] as Preset;

/** The optimiser of these settings, as the package takes it. */
export function optimizerOf(settings: RunSettings): OptimizerSpec {
  const { learningRate: peak, schedule } = settings;
  const learningRate = schedule === "oneCycle" ? ({ type: "oneCycle", peak, warmup: 0.2 } as const) : peak;
  if (settings.optimizer === "sgd") return { type: "sgd", learningRate, momentum: 0.9, nesterov: true };
  // With a schedule that ends at zero a shorter memory of the squares does better on MNIST.
  const beta2 = schedule === "oneCycle" ? 0.99 : 0.999;
  if (settings.optimizer === "adam") return { type: "adam", learningRate, beta1: 0.9, beta2 };
  return { type: "adamw", learningRate, beta1: 0.9, beta2, weightDecay: 0 };
}
