/** The model's interface. */
import type { Node } from "../model/graph.js";
import type { BytesSource, Dataset } from "./dataset.js";
import type {
  GenerationSpec,
  LayerSpec,
  LossSpec,
  ModelReport,
  ModelSpec,
  Preprocessing,
  TrainerSpec,
  WeightsReport,
} from "./specs.js";
import type { LoadOptions, SaveOptions } from "./storage.js";
import type { ImageSource, Input, Inputs, Targets, Tensor, WeightTensor } from "./tensors.js";
import type {
  BatchOptions,
  EvaluateOptions,
  EvaluationDetails,
  FitOptions,
  History,
  Logs,
  Run,
} from "./training.js";

/**
 * A loss: its name, its attributes, or a model whose inputs `yTrue` and `yPred` become one number, the loss of a
 * sample.
 */
export type LossOption = LossSpec | LossSpec["type"] | Model;

/** How a model learns. */
export interface CompileOptions extends Omit<TrainerSpec, "loss"> {
  /**
   * What is made small: one loss for every output, or one for each, in a list or by the names of outputs. An output
   * that is not named is not trained.
   */
  loss: LossOption | LossOption[] | { [output: string]: LossOption };
}

/** How `predict` runs. */
export interface PredictOptions {
  /** Default 32. */
  batchSize?: number;
  signal?: AbortSignal;
}

/** What a summary shows. */
export interface SummaryOptions {
  /**
   * Adds the kernel of each layer or the layer that it is fused into, the bytes that it writes, and the
   * memory of the whole.
   */
  plan?: boolean;
  /** The batch that is planned for; default 32. */
  batchSize?: number;
  /** Plans training instead of prediction; default whether the model is compiled. */
  training?: boolean;
}

/** Memory in bytes. */
export interface ModelMemory {
  /** Weights and running statistics. */
  parameters: number;
  /** What predicting a batch takes besides. */
  prediction: number;
  /**
   * What training on a batch takes besides, in each worker: the buffers for one shard, the gradients, a
   * copy of the last good weights and, once the model is compiled, the optimiser's state.
   */
  training: number;
  /** Workers that `fit` trains with at most, on batches of this size. */
  workers: number;
  /**
   * What `fit` takes at its most in all of these workers together, with validation and the model's file that is
   * written after each epoch. The datasets come on top (`Dataset.bytes`).
   */
  fit: number;
}

/** One class and its probability. */
export interface Classification {
  label: string;
  /** The class number. */
  index: number;
  probability: number;
}

/** Formats that models are written in. */
export type ExportFormat = "safetensors" | "onnx" | "npz";

/** How a model is written. */
export interface ModelExportOptions {
  /** With the optimiser's state; of "safetensors". */
  includeOptimizer?: boolean;
  /**
   * As what numbers kernels are stored, of "onnx": "f16" halves the file, "int8" makes it a quarter, with a factor for
   * each output channel. Default "f32".
   */
  weights?: "f32" | "f16" | "int8";
  /** Whether the network of an "onnx" file takes pixels and prepares them itself; default false. */
  includePreprocessing?: boolean;
  /** Whether batch normalisations become part of the layers before them in an "onnx" file; default false. */
  foldBatchNormalization?: boolean;
  signal?: AbortSignal;
}

/** How `importModel` reads; a model of several files, as net.onnx with net.onnx.data, is given as a list of them. */
export interface ImportModelOptions {
  /**
   * Of a sample, without the batch, or of each input: for files that leave sizes open. Where it is missing, the
   * error (`unsupported`) has them as `openInputs`.
   */
  inputShape?: readonly number[] | readonly (readonly number[])[];
  /** Told what was read otherwise than it was written, or left aside. */
  onNote?(note: string): void;
  signal?: AbortSignal;
}

/** How `generate` goes on. */
export interface GenerateOptions extends GenerationSpec {
  /** Tokens that are written behind the prompt; default 200. */
  length?: number;
  /** Ends it; what was written is then in what `onText` was told last. */
  signal?: AbortSignal;
  /** Is told the text so far, some fifty times a second at most. */
  onText?(text: string): void;
}

/** How `testLearningRates` goes about it. */
export interface LearningRateTestOptions {
  /** The first learning rate; default 1e-6. */
  from?: number;
  /** The last one, if the loss does not explode before; default 1. */
  to?: number;
  /** Steps between them; default 150. */
  steps?: number;
  /** Samples a step; default 32. */
  batchSize?: number;
  /** Decides the order of the samples; default 0. */
  seed?: number;
  /** As those of `fit`. */
  augmentation?: FitOptions["augmentation"];
  classWeight?: FitOptions["classWeight"];
  signal?: AbortSignal;
  onProgress?(progress: { done: number; total: number }): void;
}

/** What became of the loss at growing learning rates: one entry a step. */
export interface LearningRateTest {
  learningRates: number[];
  /** The loss of each step, before its update. */
  losses: number[];
  /** The same as a moving mean. */
  smoothed: number[];
  /** The rate at which the mean fell fastest; undefined where it never did. */
  suggestion: number | undefined;
}

/** How `classify` answers. */
export interface ClassifyOptions {
  /** How many classes, most probable first; default all. */
  top?: number;
  signal?: AbortSignal;
}

/** A layer of a model. */
export interface LayerInfo {
  readonly name: string;
  /** Its kind, "conv2d" and so on. */
  readonly type: LayerSpec["type"];
  /** Its kind and its attributes. */
  readonly spec: LayerSpec;
  /** The names of the inputs or layers that it takes. */
  readonly inputs: readonly string[];
  /** Whether training changes it. */
  readonly trainable: boolean;
}

/** Layers: by name, by names, or by what a function says. */
export type LayerSelection = string | readonly string[] | ((layer: LayerInfo) => boolean);

/** How weights are taken over. */
export interface LoadWeightsOptions extends LoadOptions {
  /** Take those that have the same name and shape, and leave the rest; default false. */
  byName?: boolean;
  /**
   * Of a state dict of PyTorch, which module is which layer: `{ "features.0": "conv2d" }`. What is not named goes by
   * equal names, and then by order: each layer takes the first module that has what it needs, and no more.
   */
  names?: { [module: string]: string };
}

/**
 * A model: its specification here, its weights in the worker. Building one does not wait; what is wrong
 * with its specification is said by the first call that is awaited, for example `inspect`.
 */
export interface Model {
  readonly name: string;
  readonly spec: ModelSpec;
  /** The layers in the order of the specification. */
  readonly layers: readonly LayerInfo[];
  /** One of them; throws `notFound`. */
  getLayer(name: string): LayerInfo;
  /** Names of the classes in the order of the output; set by the first `fit`, or by hand. */
  classNames: string[];
  /** One number an epoch, of every `fit` so far. */
  readonly history: History;
  /**
   * What turns an image into the network's input, stored with the model. Taken from the dataset of the
   * first `fit`; assign to choose another. Undefined before.
   */
  preprocessing: Preprocessing | undefined;
  /** The options of `compile`, undefined before it. */
  readonly compiled: TrainerSpec | undefined;

  /** Chooses optimiser, loss and metrics. The optimiser starts anew, the weights stay. */
  compile(options: CompileOptions): this;
  fit(dataset: Dataset, options?: FitOptions): Run;
  fit(x: Inputs, y: Targets, options?: FitOptions): Run;
  /** One step on these samples. Resolves to the loss before it, and the metrics. */
  trainOnBatch(x: Inputs, y: Targets, options?: BatchOptions): Promise<Logs>;
  trainOnBatch(dataset: Dataset, options?: Pick<BatchOptions, "classWeight">): Promise<Logs>;
  /** `loss` and the compiled metrics over a dataset. */
  evaluate(dataset: Dataset, options: EvaluateOptions & { details: true }): Promise<EvaluationDetails>;
  evaluate(dataset: Dataset, options?: EvaluateOptions): Promise<Logs>;
  evaluate(x: Inputs, y: Targets, options?: EvaluateOptions): Promise<Logs>;
  /** The outputs for these inputs, batch first; by name where the model has several. */
  predict(x: Inputs | Dataset, options?: PredictOptions): Promise<Tensor>;
  /** The same, always by name. */
  predictAll(x: Inputs | Dataset, options?: PredictOptions): Promise<{ [output: string]: Tensor }>;
  /**
   * A text that begins with the prompt and goes on as this language model was taught: one whose input is a
   * sequence of ids, and whose output says at the last position, or at each, how likely each id comes next. Rejects
   * with `data` for a prompt without a token.
   */
  generate(prompt: string, options?: GenerateOptions): Promise<string>;
  /** The classes of one image, row, text or sample, most probable first. */
  classify(sample: Input, options?: ClassifyOptions): Promise<Classification[]>;
  /** What the network sees of an image: the sample's bytes after the image steps. */
  prepare(image: ImageSource): Promise<{ data: Uint8Array | Float32Array; shape: number[] }>;
  /** Outputs of these layers for these inputs. */
  activations(x: Inputs, layerNames: string[]): Promise<{ [layer: string]: Tensor }>;
  /** All parameters and running statistics. */
  getWeights(): Promise<WeightTensor[]>;
  /** Puts in those that are given; the rest stays. */
  setWeights(weights: { name: string; data: Float32Array | number[]; shape?: number[] }[]): Promise<void>;
  /** Layers, shapes, parameters, cost. */
  inspect(): Promise<ModelReport>;
  /** A text table: layer, output shape, parameters; with `plan` also how each is computed. */
  summary(options?: SummaryOptions): Promise<string>;
  /**
   * The memory that predicting and training would take, in bytes, before any of it is taken. Rejects with
   * `tooLarge` where a batch would need more than an engine can have.
   */
  memory(options?: { batchSize?: number }): Promise<ModelMemory>;
  /**
   * A new model of the layers that lead to this one, with a copy of their weights and the same preprocessing; its
   * output is that layer's. Not compiled.
   */
  upTo(layer: string): Promise<Model>;
  /**
   * A new model of what comes behind this layer, such as the decoder of an autoencoder: its input is what the layer
   * gives, its outputs are those that follow from that alone, and its weights are copies. Without preprocessing, not
   * compiled. Rejects with `argument` where every output needs something besides.
   */
  after(layer: string): Promise<Model>;
  /**
   * What the layer gives for each sample, as a dataset with the same targets and weights, for training what comes
   * behind (`after`).
   */
  features(dataset: Dataset, layer: string, options?: PredictOptions): Promise<Dataset>;
  /**
   * This model as part of a graph: its output for these nodes. Its layers become part of the new model under their
   * names, `prefix` before them (such as "left_"; a "/" is refused, as in every name of a layer), with a copy of their
   * weights; applied twice, with one copy for both places.
   */
  apply(inputs: Node | readonly Node[], options?: { prefix?: string }): Node;
  /**
   * Has training leave these layers as they are, or change them again: a name, several, or what a function says of
   * each layer. What is frozen has no decay and no penalty, a frozen batch normalisation goes by its running
   * statistics, and frozen layers at the beginning cost their forward pass only. A compiled model stays so, its
   * optimiser starts anew.
   */
  setTrainable(layers: LayerSelection, trainable: boolean): this;
  /** `setTrainable(layers, false)`; default all layers. */
  freeze(layers?: LayerSelection): this;
  /** `setTrainable(layers, true)`; default all layers. */
  unfreeze(layers?: LayerSelection): this;
  /**
   * Takes the weights of a file or of another model. A file is one of this package (as for `loadModel`), a state dict
   * of PyTorch as safetensors, whose kernels and gates are put in order, or npz or safetensors with arrays of the names
   * `layer/parameter`. All have to be there and fit, or nothing changes and it rejects; with `byName`, those that fit
   * are taken, and the report says which they were. The optimiser goes on as it was.
   */
  loadWeights(source: Model | BytesSource, options?: LoadWeightsOptions): Promise<WeightsReport>;
  /**
   * Trains a copy while the learning rate grows from step to step, and says where its loss falls fastest. The model
   * stays as it is.
   */
  testLearningRates(dataset: Dataset, options?: LearningRateTestOptions): Promise<LearningRateTest>;
  /** A second model with the same weights; the optimiser starts anew. */
  clone(): Promise<Model>;
  /** `indexeddb://NAME`, or in Node `file://PATH`. Whole or not at all. */
  save(url: string | URL, options?: SaveOptions): Promise<void>;
  /** The model as a file of this package, for other systems as ONNX, or its weights alone for NumPy. */
  export(format: ExportFormat, options?: ModelExportOptions): Promise<Blob>;
  dispose(): void;
  [Symbol.dispose](): void;
}
