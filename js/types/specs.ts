/** Plain values that describe models and training, as they are stored with a model. */

/** A layer: its kind and its attributes. */
export interface LayerSpec {
  type: string;
  [attribute: string]: unknown;
}

/** One layer in a graph. */
export interface NodeSpec {
  name: string;
  layer: LayerSpec;
  inputs: string[];
}

/** A model as a graph of named layers. */
export interface ModelSpec {
  name?: string;
  seed: number;
  inputs: { name: string; shape: number[] }[];
  nodes: NodeSpec[];
  outputs: string[];
}

/** One layer's row in a report. */
export interface LayerReport {
  name: string;
  type: string;
  outputShape?: number[];
  parameters: number;
  trainable: number;
  /** A sample, forward. */
  multiplyAdds: number;
  error?: string;
}

/** What `inspect` says about a specification. */
export interface ModelReport {
  layers: LayerReport[];
  parameters: number;
  trainable: number;
  multiplyAdds: number;
  /** What is wrong with the whole, if it is not a layer's fault. */
  error?: string;
}

/** A learning rate over time. */
export type ScheduleSpec =
  | { type: "constant"; learningRate: number }
  | { type: "oneCycle"; peak: number; warmup?: number };

/** An optimiser and its settings. */
export type OptimizerSpec =
  | { type: "sgd"; learningRate?: number | ScheduleSpec; momentum?: number; nesterov?: boolean; weightDecay?: number }
  | { type: "adam"; learningRate?: number | ScheduleSpec; beta1?: number; beta2?: number; epsilon?: number }
  | { type: "adamw"; learningRate?: number | ScheduleSpec; beta1?: number; beta2?: number; epsilon?: number; weightDecay?: number };

/** A loss by name, or with settings. */
export type LossSpec = string | { type: string; fromLogits?: boolean };

/** A metric by name, or with settings. */
export type MetricSpec = string | { type: string; k?: number };

/** Steps that turn an image into a sample, and a sample's bytes into numbers. */
export interface Preprocessing {
  image: { type: string; [attribute: string]: unknown }[];
  numeric: { type: string; [attribute: string]: unknown }[];
}

/** One attribute in the editor's table of a layer. */
export interface LayerAttribute {
  name: string;
  kind: string;
  default?: unknown;
}

/** A kind of layer for an editor. */
export interface LayerType {
  type: string;
  attributes: LayerAttribute[];
}
