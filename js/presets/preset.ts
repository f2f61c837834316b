/** What a preset is. */
import { type Layer, type ModelOptions, type Node, sequentialDesign } from "../model/graph.js";
import type { CompileOptions } from "../types/model.js";
import type { ModelSpec } from "../types/specs.js";
import type { FitOptions } from "../types/training.js";

/** A network with the recipe that trains it well. */
export interface Preset {
  /** What it is, in a line. */
  readonly about: string;
  /** Where network and recipe come from. */
  readonly source: string;
  /** The network, for `modelFromSpec`. */
  readonly spec: ModelSpec;
  /** For `compile`. */
  readonly compile: CompileOptions;
  /** For `fit`. */
  readonly fit: Pick<FitOptions, "epochs" | "batchSize" | "augmentation" | "shards">;
}

/** What every preset takes. */
export interface PresetOptions {
  /** Decides the first weights; default 0. */
  seed?: number;
  /** How often every sample is seen; the recipe's own if not given. */
  epochs?: number;
}

/** What presets of classifiers take. */
export interface ClassifierOptions extends PresetOptions {
  /** How many classes there are. */
  classes?: number;
  /** The shape of one sample. */
  inputShape?: readonly number[];
}

/** Weights and biases begin as PyTorch's do, where most of these recipes come from. */
export const torch = { kernelInitializer: "fanInUniform", biasInitializer: "fanInUniform" } as const;

/** The same without a bias, in front of a normalisation. */
export const bare = { kernelInitializer: "fanInUniform", useBias: false } as const;

/** A network whose layers follow each other. */
export function chain(
  name: string,
  inputShape: readonly number[],
  layers: Layer[],
  options: ModelOptions,
): ModelSpec {
  return sequentialDesign({ name, inputShape, layers, ...options }).spec;
}

/** Layers that follow each other in a graph. */
export function follow(start: Node, ...layers: Layer[]): Node {
  return layers.reduce((node, layer) => layer.apply(node), start);
}

/** What classifiers are compiled with, besides the optimiser. */
export function classifying(labelSmoothing = 0): Pick<CompileOptions, "loss" | "metrics"> {
  return {
    loss: { type: "sparseCategoricalCrossentropy", labelSmoothing },
    metrics: ["accuracy"],
  };
}

/** AdamW without decay on a cycle from 0 to the peak, over the first fifth, and back. */
export function adamwCycle(peak: number, more: { beta2?: number; weightDecay?: number } = {}) {
  const { beta2 = 0.99, weightDecay = 0 } = more;
  const learningRate = { type: "oneCycle", peak, warmup: 0.2 } as const;
  return { type: "adamw", learningRate, beta1: 0.9, beta2, weightDecay } as const;
}
