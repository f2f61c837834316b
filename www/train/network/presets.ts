import type { Augmentation, FitOptions, LossSpec, MetricSpec, OptimizerSpec, ScheduleSpec } from "tabgrad";
import type { Answer } from "../../data/answer";
import type { Entry } from "../../data/entry.svelte";
import type { Values } from "../settings/fields";
import type { Given, Seen } from "./fitting";
import { head } from "./head";
import type { NodeSettings } from "./node-settings";

/** A layer while it is edited: any attributes, which the engine checks. */
export interface EditedLayer {
  type: string;
  /** What is said of it besides, in a list of layers. */
  node?: NodeSettings;
  [attribute: string]: unknown;
}

export interface RunSettings {
  optimizer: OptimizerSpec["type"];
  learningRate: number;
  /** Of the package, or its callback of this name. */
  schedule: ScheduleSpec["type"] | "reduceLrOnPlateau";
  /** From 0 to below 1: how much of the target is spread over all classes. */
  labelSmoothing: number;
  batchSize: number;
  epochs: number;
  seed: number;
  /** How the preset changes pictures at random, and whether that is done where the dataset says nothing of it; yes if not given. */
  augmentation?: Augmentation;
  augments?: boolean;
  /** What is made small, of classes and of numbers; the usual if not given. */
  losses?: { readonly classes?: LossSpec["type"]; readonly numbers?: LossSpec["type"] };
  /** What is measured besides what always is. */
  metrics?: readonly MetricSpec["type"][];
  /** What differs from what is usual, by the optimiser, schedule, loss or metric that it belongs to; "updates" belong to all. */
  attributes?: { readonly [kind: string]: Values };
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

/** What becomes of a dataset's samples in a run: pictures are changed as the dataset says, or else the preset. */
export function fedTo(
  { augmentation: own = {}, augments = true }: RunSettings,
  { refiner, look }: Entry,
): Pick<FitOptions, "augmentation" | "classWeight"> {
  const said = refiner.augmentation;
  const isOwn = Object.keys(said).length > 0 || look !== "pictures" || !augments;
  const augmentation = isOwn ? said : own;
  return {
    ...(Object.keys(augmentation).length > 0 ? { augmentation } : {}),
    ...(refiner.applied.evenly ? { classWeight: "balanced" } : {}),
  };
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
