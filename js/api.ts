/** The functions of the package, as `index.ts` exports them. */
import type {
  ArraysOptions,
  BytesSource,
  Callback,
  Dataset,
  ErrorCode,
  FilesOptions,
  IdxOptions,
  LayerSpec,
  LayerType,
  LoadOptions,
  Model,
  ModelReport,
  ModelSpec,
  OptimizerSpec,
  PathFile,
  SavedModel,
  ScheduleSpec,
  StorageUsage,
} from "./types/index.js";

/** A layer in the making: name it, or apply it to a node. */
export interface Layer {
  readonly spec: LayerSpec;
  readonly name: string | undefined;
  apply(input: Node | Node[]): Node;
}

/** The output of a layer or an input, in a graph in the making. */
export interface Node {
  readonly name: string;
}

export declare function sequential(options: {
  name?: string;
  inputShape: number[];
  seed?: number;
  layers: Layer[];
}): Model;
export declare function input(options: { shape: number[]; name?: string }): Node;
export declare function model(options: {
  name?: string;
  seed?: number;
  inputs: Node | Node[];
  outputs: Node | Node[];
}): Model;
/** A model from its specification, as `inspect` takes it. */
export declare function modelFromSpec(spec: ModelSpec): Model;
export declare const layers: { [kind: string]: (attributes?: Record<string, unknown> & { name?: string }) => Layer };
export declare const optimizers: {
  sgd(settings?: Record<string, unknown>): OptimizerSpec;
  adam(settings?: Record<string, unknown>): OptimizerSpec;
  adamw(settings?: Record<string, unknown>): OptimizerSpec;
};
export declare const schedules: {
  constant(settings: { learningRate: number }): ScheduleSpec;
  oneCycle(settings: { peak: number; warmup?: number }): ScheduleSpec;
};
export declare const callbacks: {
  earlyStopping(options?: {
    monitor?: string;
    patience?: number;
    minDelta?: number;
    mode?: "min" | "max";
    restoreBestWeights?: boolean;
  }): Callback;
  /** Saves after every epoch, with the optimiser's state, so that a run can go on after a reload. */
  checkpoint(options: { url: string; onlyBest?: boolean; monitor?: string }): Callback;
};
export declare const data: {
  /** Does not wait; what is wrong with the arrays is said by the first call that uses it. */
  fromArrays(options: ArraysOptions): Dataset;
  fromIdx(options: IdxOptions): Promise<Dataset>;
  fromFiles(files: Iterable<File | PathFile> | Blob, options?: FilesOptions): Promise<Dataset>;
};
export declare function loadModel(source: BytesSource, options?: LoadOptions): Promise<Model>;
export declare function listModels(): Promise<SavedModel[]>;
export declare function removeModel(url: string): Promise<void>;
export declare function copyModel(from: string, to: string): Promise<void>;
export declare function renameModel(from: string, to: string): Promise<void>;
export declare function storageUsage(): Promise<StorageUsage>;
/** What a specification comes to: shapes, parameters, cost, and errors at their layers. Never rejects for a bad one. */
export declare function inspect(spec: ModelSpec): Promise<ModelReport>;
/** The kinds of layers with their attributes, for an editor. */
export declare function layerTypes(): Promise<LayerType[]>;
export declare function configure(options: {
  wasmUrl?: string | URL;
  workerUrl?: string | URL;
  workers?: number;
  deterministic?: boolean;
}): void;
export declare class TabgradError extends Error {
  readonly code: ErrorCode;
  readonly layer: string | undefined;
}
export declare const version: string;
