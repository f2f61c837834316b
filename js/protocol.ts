/** What the page's side and the worker say to each other. */
import type { RunCommand, WireFit } from "./fit-protocol.js";
import type {
  Box,
  DatasetPart,
  DatasetReport,
  DatasetStorage,
  FoldOptions,
  ReadProgress,
  Sample,
} from "./types/dataset.js";
import type { EngineInfo } from "./types/engine.js";
import type { ModelMemory } from "./types/model.js";
import type {
  Augmentation,
  GenerationSpec,
  LayerType,
  ModelReport,
  ModelSpec,
  PlanReport,
  Preprocessing,
  TextSpec,
  TrainerSpec,
  WeightsReport,
} from "./types/specs.js";
import type { KeptRun, SavedModel, SaveOptions, StorageUsage } from "./types/storage.js";
import type { Row, Tensor, WeightTensor } from "./types/tensors.js";
import type { ClassWeights, EvaluationDetails, FitResult, History, Logs } from "./types/training.js";
import type { ToWorker as Wire } from "./wire.js";

export type { FromWorker } from "./wire.js";

/** Numbers with or without a shape. Bytes stay bytes; everything else is f32. */
export interface WireArray {
  data: Float32Array | Uint8Array;
  /** Missing for a bare typed array, which is cut by the shape that the model wants. */
  shape?: number[];
}

/** A picture that a worker can read. */
export type WireImage =
  | ImageBitmap
  | Blob
  | { data: Uint8ClampedArray | Uint8Array; width: number; height: number };

/** A sound: samples of -1..1, frame after frame. */
export interface WireSound {
  samples: Float32Array;
  channels: number;
  /** Frames a second. */
  rate: number;
}

/** One input of a model. */
export type WireInput =
  | WireArray
  | { images: WireImage[] }
  | { rows: Row[] }
  | { texts: string[] }
  | { sounds: WireSound[] };

/** All inputs, by name; a lone input goes under the empty name. */
export type WireInputs = { [name: string]: WireInput };

/** Class numbers where there is no shape or one of a single dimension, numbers otherwise. */
export interface WireTargets {
  classes?: Uint32Array;
  dense?: { data: Float32Array; shape: number[] };
}

/** The targets of each output; in the order of the model's, or by the names of its outputs. */
export interface WireAnswers {
  targets: WireTargets[];
  names?: string[];
}

/** Samples: a dataset of the worker by its number, or arrays that come along. */
export type WireData = { dataset: number } | { x: WireInputs; y?: WireAnswers; sampleWeight?: Float32Array };

/** The bytes of a file: here, or at an address. */
export type WireBytes = { bytes: Uint8Array } | { blob: Blob } | { url: string };

/** What the page's side knows of a model. */
export interface ModelInfo {
  spec: ModelSpec;
  classNames: string[];
  history: History;
  preprocessing?: Preprocessing;
  /** Optimiser, loss and metrics, where the file says them. */
  compiled?: TrainerSpec;
}

/** What the page's side knows of a dataset. */
export interface DatasetInfo {
  length: number;
  shape: number[];
  classNames: string[];
  /** Of boxes; missing where there are none. */
  boxClassNames?: string[];
  bytes: number;
  preprocessing: Preprocessing;
  storage: DatasetStorage;
  report: DatasetReport;
  /** Samples that were given for each part; missing where nothing was said. */
  parts?: { [part in DatasetPart]: number };
}

/** Where a file of records is. */
export type RecordsPlace =
  /** In the origin private file system, in the folder of this name; removed when it is closed if nobody named it. */
  | { kind: "opfs"; folder: string; temporary: boolean }
  /** In Node's file system. */
  | { kind: "file"; path: string; temporary: boolean }
  /** Somewhere in the browser. */
  | { kind: "blob"; blob: Blob };

/** A dataset whose samples stay in a file. */
export interface StoredRecords {
  place: RecordsPlace;
  /** Whether all samples are read at once. */
  inMemory: boolean;
  /** The samples that it has; all if missing. */
  indices?: Uint32Array;
  /** Their classes, where those are others than the file's. */
  labels?: Uint32Array;
  /** Their boxes, which may be others than the file's. */
  boxes?: WireBoxes;
  /** How much each counts, where that was said. */
  sampleWeight?: Float32Array | undefined;
}

/** How many boxes each sample has, and of all one after the other left, top, right and bottom, and the class. */
export interface WireBoxes {
  classNames: string[];
  counts: Uint32Array;
  corners: Float32Array;
  classes: Uint32Array;
}

/** A dataset as plain arrays, as it is made and as it survives a failed engine. */
export interface DatasetParts {
  inputs: { data: Float32Array | Uint8Array; shape: number[] }[];
  /** Of each output. */
  targets?: WireTargets[];
  /** The names of the model's inputs and outputs that these are, where they go by names. */
  inputNames?: string[];
  outputNames?: string[];
  /** How much each sample counts, where that was said. */
  sampleWeight?: Float32Array | undefined;
  classNames?: string[];
  preprocessing?: Preprocessing;
  boxes?: WireBoxes;
  /** What each sample was made of, where that is texts. */
  texts?: string[][];
}

/** What a dataset comes back from. */
export type DatasetOrigin = { parts: DatasetParts } | { stored: StoredRecords };

/** What long work tells. */
export interface ReadEvent {
  done: number;
  total: number;
  unit: ReadProgress["unit"];
}

/** What a model comes back from after the engine failed. */
export type ModelSource = { spec: ModelSpec } | { file: Uint8Array };

/** Every call that the worker answers: what it takes and what it gives. */
export interface Methods {
  engineInfo(params: Record<string, never>): EngineInfo;
  inspect(params: { spec: ModelSpec }): ModelReport;
  layerTypes(params: Record<string, never>): LayerType[];

  createModel(params: { id: number; source: ModelSource; compiled?: TrainerSpec }): ModelInfo;
  loadModel(params: { id: number; from: WireBytes }): ModelInfo;
  cloneModel(params: { id: number; newId: number }): ModelInfo;
  compile(params: { id: number; spec: TrainerSpec }): void;
  setTrainable(params: { id: number; layers: string[]; trainable: boolean }): void;
  describe(params: { id: number; classNames?: string[]; preprocessing?: Preprocessing }): void;
  fit(params: {
    id: number;
    run: number;
    data: WireData;
    validation?: WireData;
    options: WireFit;
  }): FitResult;
  /** The callbacks have done what they do at the end of a run that is kept. */
  settleRun(params: { id: number }): void;
  command(params: { run: number; command: RunCommand }): void;
  trainOnBatch(params: { id: number; data: WireData; classWeight?: ClassWeights | undefined }): Logs;
  evaluate(params: { id: number; data: WireData; batchSize: number }): { logs: Logs; warnings: string[] };
  evaluateDetails(params: { id: number; data: WireData; batchSize: number }): EvaluationDetails;
  /** Tells the text so far now and then. */
  generate(params: { id: number; prompt: string; length: number; spec: GenerationSpec }): string;
  predict(params: { id: number; data: WireData; batchSize: number }): { [output: string]: Tensor };
  activations(params: { id: number; x: WireInputs; layers: string[] }): { [layer: string]: Tensor };
  prepare(params: { id: number; image: WireImage }): { data: Uint8Array | Float32Array; shape: number[] };
  plan(params: { id: number; batchSize: number; training: boolean }): PlanReport;
  memory(params: { id: number; batchSize: number }): ModelMemory;
  getWeights(params: { id: number }): WeightTensor[];
  /** `what` sets them, which must not be while the model is trained; nothing where that does not matter. */
  setWeights(params: {
    id: number;
    weights: { name: string; data: Float32Array; shape?: number[] }[];
    what?: string;
  }): void;
  /** A model of the layers up to one of them. */
  cutModel(params: { id: number; newId: number; layer: string }): ModelInfo;
  /** Weights of a file, or of the layers of another model, `layers` being their names there and here in turn. */
  takeWeights(params: {
    id: number;
    from: WireBytes | { model: number };
    layers: string[];
    /** Whether nothing is taken unless all fit. */
    strict: boolean;
    /** Whether it is known that the file is none of this package. */
    isForeign?: boolean;
  }): WeightsReport | { foreign: Uint8Array };
  saveModel(params: { id: number; url: string; options: SaveOptions }): void;
  exportModel(params: { id: number; includeOptimizer: boolean }): Uint8Array;
  disposeModel(params: { id: number }): void;

  createDataset(params: { id: number; parts: DatasetParts }): DatasetInfo;
  readText(params: { id: number; text: string; spec: TextSpec; length: number; stride: number }): DatasetInfo;
  readIdx(params: {
    id: number;
    images: WireBytes;
    labels?: WireBytes;
    classNames?: string[];
    preprocessing?: Preprocessing;
  }): DatasetInfo;
  openRecords(params: { id: number } & StoredRecords): DatasetInfo;
  /** Another hold on the same samples. */
  datasetShare(params: { id: number; newId: number }): DatasetInfo;
  datasetPart(params: { id: number; newId: number; part: DatasetPart }): DatasetInfo;
  /** Which samples were given for a part. */
  datasetPartIndices(params: { id: number; part: DatasetPart }): Uint32Array;
  datasetCounts(params: { id: number }): number[];
  /** Texts have at most so many characters; default all. */
  datasetSamples(params: { id: number; indices: Uint32Array; textLength?: number }): Sample[];
  datasetLabels(params: { id: number }): Uint32Array;
  datasetBoxes(params: { id: number; indices: Uint32Array }): Box[][];
  datasetTargets(params: { id: number }): Tensor | undefined;
  datasetSampleWeight(params: { id: number }): Float32Array | undefined;
  datasetSubset(params: {
    id: number;
    newId: number;
    indices: Uint32Array;
    labels?: Uint32Array;
    boxes?: WireBoxes;
    sampleWeight?: Float32Array;
  }): DatasetInfo;
  datasetSplit(params: {
    id: number;
    newIds: [number, number];
    fraction: number;
    seed: number;
    stratified: boolean;
    groups?: Uint32Array;
  }): [DatasetInfo, DatasetInfo];
  datasetSplitIndices(params: {
    id: number;
    fraction: number;
    seed: number;
    stratified: boolean;
    groups?: Uint32Array;
  }): [Uint32Array, Uint32Array];
  datasetFolds(params: { id: number; options: FoldOptions }): Uint32Array[];
  datasetAugmented(params: {
    id: number;
    indices: Uint32Array;
    augmentation: Augmentation;
    seed: number;
    epoch: number;
  }): Sample[];
  datasetPrepare(params: { id: number; newId: number; preprocessing: Preprocessing }): DatasetInfo;
  datasetConcat(params: { id: number; other: number; newId: number }): DatasetInfo;
  disposeDataset(params: { id: number }): void;
  /** After a failure: everything that can still be read, before this worker is thrown away. */
  rescueDatasets(params: Record<string, never>): ({ id: number } & DatasetOrigin)[];

  listModels(params: Record<string, never>): SavedModel[];
  removeModel(params: { url: string }): void;
  copyModel(params: { from: string; to: string; move: boolean }): void;
  listRuns(params: Record<string, never>): KeptRun[];
  loadRun(params: { id: number; url: string }): ModelInfo;
  removeRun(params: { url: string }): void;
  storageUsage(params: Record<string, never>): StorageUsage;
}

export type Method = keyof Methods;
export type Params<M extends Method> = Parameters<Methods[M]>[0];
export type Result<M extends Method> = ReturnType<Methods[M]>;

/** Where the files are that a worker needs besides its own. */
export interface Urls {
  /** The builds of the engine; the relaxed one only where it may run. */
  wasm: { baseline: EngineFiles; relaxed?: EngineFiles };
  /** The rest of the worker. */
  rest: string;
}

/** What a worker is told first. */
export interface StartMessage {
  type: "start";
  urls: Urls;
  /** What the program chose by `configure`. */
  workers: number | undefined;
  transport: EngineInfo["transport"] | undefined;
  /** The address of a file that the first call asks for. */
  ahead?: string | undefined;
}

/** To a browser's page from a worker that needs a peer and must not start it itself. */
export interface PeerRequest {
  type: "startPeer";
  /** For the peer: where it is told what to do. */
  port: MessagePort;
  /** Any message from the page says that the peer has failed; any to the page, that it is to end. */
  control: MessagePort;
}

/** What such a peer is told first. */
export interface JoinMessage {
  type: "join";
  port: MessagePort;
}

/** The addresses of one build of the engine. */
export interface EngineFiles {
  /** What the first prediction needs. */
  first: string;
  /** Loaded after it, or when it is needed. */
  rest: string;
}

/** The first part of the engine, which a page compiles while the worker starts; nothing where it cannot. */
export interface EngineMessage {
  type: "engine";
  /** The address that it is from. */
  url: string;
  first: WebAssembly.Module | undefined;
}

/** From the page's side to the worker. */
export type ToWorker = Wire<Omit<StartMessage, "type">>;
