/** What both entries of the package, for browsers and for Node, export. */

import * as data from "./data/index.js";
import { call } from "./engine.js";
import { type GraphOptions, graphDesign, type SequentialOptions, sequentialDesign } from "./model/graph.js";
import { newModel } from "./model/new-model.js";
import type { EngineInfo } from "./types/engine.js";
import type { Model } from "./types/model.js";
import type { LayerType, ModelReport, ModelSpec } from "./types/specs.js";

export type {
  CheckpointInfo,
  CheckpointOptions,
  CsvLogger,
  CsvLoggerOptions,
  EarlyStoppingOptions,
  LearningRateSchedule,
  MonitorOptions,
  ReduceLrOnPlateauOptions,
} from "./callbacks/index.js";
export { callbacks } from "./callbacks/index.js";
export { type Configuration, configure, type WasmUrls } from "./config.js";
export { TabgradError } from "./errors.js";
export { type CustomLossOptions, losses, optimizers, schedules } from "./model/compile.js";
export {
  type GraphOptions,
  input,
  type Layer,
  type ModelOptions,
  type Node,
  type NodeSettings,
  type SequentialOptions,
} from "./model/graph.js";
export { type LayerOptions, layers } from "./model/layers.js";
export { constraints, regularizers } from "./model/limits.js";
export {
  copyModel,
  importModel,
  listModels,
  listRuns,
  loadModel,
  loadRun,
  removeModel,
  removeRun,
  renameModel,
  storageUsage,
} from "./storage.js";
export type * from "./types/index.js";
export { version } from "./version.js";

/** A chain of layers. What is wrong with it is said by the first call that is awaited. */
export function sequential(options: SequentialOptions): Model {
  return newModel(sequentialDesign(options));
}

/** A graph of layers, from `input()` and `layers.x(...).apply(node)`. */
export function model(options: GraphOptions): Model {
  return newModel(graphDesign(options));
}

/** A model from its specification, as `Model.spec` gives it and `inspect` takes it. */
export function modelFromSpec(spec: ModelSpec): Model {
  return newModel({ spec: structuredClone(spec), taken: new Map() });
}

/** What computes, for who wants to know: starts the engine if nothing has. */
export function engineInfo(): Promise<EngineInfo> {
  return call("engineInfo", {});
}

/** What a specification comes to: shapes, parameters, cost; errors stand at their layers. */
export function inspect(spec: ModelSpec): Promise<ModelReport> {
  return call("inspect", { spec });
}

/** The kinds of layers with their attributes, for an editor. */
export function layerTypes(): Promise<LayerType[]> {
  return call("layerTypes", {});
}

const { fromArrays, fromFiles, fromIdx, fromText, list, open, remove, rename } = data;

/** Ways to make a dataset, and the datasets that are kept. */
const datasets: {
  fromArrays: typeof fromArrays;
  fromIdx: typeof fromIdx;
  fromFiles: typeof fromFiles;
  fromText: typeof fromText;
  list: typeof list;
  open: typeof open;
  remove: typeof remove;
  rename: typeof rename;
} = { fromArrays, fromIdx, fromFiles, fromText, list, open, remove, rename };

export { datasets as data };
