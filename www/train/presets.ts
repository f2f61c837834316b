import type { CompileOptions, OptimizerSpec } from "tabgrad";
import { type Answer, isNumber } from "../data/answer";
import type { Given, Seen } from "./fitting";
import { head } from "./head";

/** A layer while it is edited: any attributes, which the engine checks. */
export interface EditedLayer {
  type: string;
  [attribute: string]: unknown;
}

export interface RunSettings {
  optimizer: OptimizerSpec["type"];
  learningRate: number;
  schedule: "constant" | "oneCycle";
  /** From 0 to below 1: how much of the target is spread over all classes. */
  labelSmoothing: number;
  batchSize: number;
  epochs: number;
  seed: number;
  /** Of AdamW; without it none. */
  weightDecay?: number;
}

export interface Preset {
  id: string;
  name: string;
  about: string;
  /** What it is for. */
  seen: Seen;
  layers: (answer: Answer, samples: Given & { shape: readonly number[] }) => EditedLayer[];
  run: RunSettings;
}

/** Weights and biases begin as PyTorch's do, where these recipes were measured. */
const torch = { kernelInitializer: "fanInUniform", biasInitializer: "fanInUniform" };
const relu: EditedLayer = { type: "activation", activation: "relu" };

const normalized = (answer: Answer): EditedLayer[] => [
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
  ...head(answer, torch),
];

/** Those that the page begins with; others follow (more-presets.ts). */
export const presets: readonly Preset[] = [
  {
    id: "v3",
    name: "Small and quick, normalised",
    about: "Three convolutions with batch normalisation. On MNIST over 99% in two epochs.",
    seen: "pictures",
    layers: normalized,
    run: {
      optimizer: "adamw",
      learningRate: 0.008,
      schedule: "oneCycle",
      labelSmoothing: 0,
      batchSize: 128,
      epochs: 3,
      seed: 7,
    },
  },
  {
    id: "v3-once",
    name: "The same in one epoch",
    about: "Three convolutions with batch normalisation. On MNIST over 99% after seeing each digit once.",
    seen: "pictures",
    layers: normalized,
    run: {
      optimizer: "adamw",
      learningRate: 0.01,
      schedule: "oneCycle",
      labelSmoothing: 0.1,
      batchSize: 64,
      epochs: 1,
      seed: 7,
    },
  },
  {
    id: "w1",
    name: "The classic",
    about: "Two convolutions, two poolings, one dense layer.",
    seen: "pictures",
    layers: (answer) => [
      { type: "conv2d", filters: 8, kernelSize: 5, activation: "relu", ...torch },
      { type: "maxPooling2d", poolSize: 2 },
      { type: "conv2d", filters: 16, kernelSize: 5, activation: "relu", ...torch },
      { type: "maxPooling2d", poolSize: 2 },
      { type: "flatten" },
      ...head(answer, torch),
    ],
    run: {
      optimizer: "adam",
      learningRate: 0.001,
      schedule: "constant",
      labelSmoothing: 0,
      batchSize: 64,
      epochs: 3,
      seed: 7,
    },
  },
  {
    id: "rows",
    name: "For rows and texts",
    about: "Two dense layers, for samples that are a row of numbers.",
    seen: "rows",
    layers: (answer) => [
      { type: "dense", units: 64, activation: "relu" },
      { type: "dropout", rate: 0.2 },
      { type: "dense", units: 32, activation: "relu" },
      ...head(answer),
    ],
    run: {
      optimizer: "adamw",
      learningRate: 0.01,
      schedule: "oneCycle",
      labelSmoothing: 0,
      batchSize: 32,
      epochs: 20,
      seed: 7,
    },
  },
];

export const defaultPreset = presets[0] as Preset;

/**
 * The optimiser of these settings, as the package takes it. Gradients are in the square of the unit of the
 * numbers to be estimated: rates and thresholds go along, so that a setting means the same in any unit.
 */
function optimizerOf(settings: RunSettings, answer: Answer): OptimizerSpec {
  const peak = settings.learningRate * rateFactor(settings, answer);
  const learningRate =
    settings.schedule === "oneCycle" ? ({ type: "oneCycle", peak, warmup: 0.2 } as const) : peak;
  if (settings.optimizer === "sgd") return { type: "sgd", learningRate, momentum: 0.9, nesterov: true };
  // With a schedule that ends at zero a shorter memory of the squares does better on MNIST, in one epoch the more.
  const beta2 = settings.schedule === "constant" ? 0.999 : settings.epochs === 1 ? 0.95 : 0.99;
  const adaptive = {
    learningRate,
    beta1: 0.9,
    beta2,
    ...(isNumber(answer) ? { epsilon: EPSILON * answer.deviation ** 2 } : {}),
  };
  if (settings.optimizer === "adam") return { type: "adam", ...adaptive };
  return { type: "adamw", ...adaptive, weightDecay: settings.weightDecay ?? 0 };
}

/** The optimisers' own, where numbers have a deviation of 1. */
const EPSILON = 1e-7;

/** What a learning rate is multiplied by on its way to the optimiser. */
export function rateFactor({ optimizer }: RunSettings, answer: Answer): number {
  return optimizer === "sgd" && isNumber(answer) ? answer.deviation ** -2 : 1;
}

/** All that a run of these settings is compiled with. */
export function compiledWith(settings: RunSettings, answer: Answer): CompileOptions {
  const optimizer = optimizerOf(settings, answer);
  if (isNumber(answer)) return { optimizer, loss: "meanSquaredError", metrics: ["meanAbsoluteError"] };
  const { labelSmoothing } = settings;
  return {
    optimizer,
    loss: { type: "sparseCategoricalCrossentropy", labelSmoothing },
    metrics: ["accuracy"],
  };
}
