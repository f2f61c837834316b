/** Saved models. */
import type { ReadProgress } from "./dataset.js";
import type { Logs } from "./training.js";

/** What is known of a saved model without loading it. */
export interface SavedModel {
  name: string;
  /** `indexeddb://name`. */
  url: string;
  /** Size of the file. */
  bytes: number;
  savedAt: Date;
  /** Trained numbers and running statistics. */
  parameters: number;
  /** Of one sample, of the first input. */
  inputShape: number[];
  classNames: string[];
  /** The last numbers of its history. */
  metrics: Logs;
  /** Epochs in its history. */
  epochs: number;
  /** Whether a run can be continued from it. */
  includesOptimizer: boolean;
}

/** How a model is saved. */
export interface SaveOptions {
  /** Also the optimiser's state, so that `fit` goes on as if it had not been interrupted. */
  includeOptimizer?: boolean;
  /** Refuse (code "argument") instead of replacing a model of this name. */
  overwrite?: boolean;
}

/** A run that is kept by `fit`'s option `backup`. */
export interface KeptRun {
  name: string;
  /** `indexeddb://name`, or in Node `file:///path`. */
  url: string;
  /** Of the two states that are kept. */
  bytes: number;
  savedAt: Date;
  /** The epoch that it is in, from 0, and the next batch in it. */
  epoch: number;
  batch: number;
  epochs: number;
  /**
   * "unfinished" where batches are left, "trained" where none are but `fit` did not come to its end: the same `fit`
   * goes on with both. "finished" where it did: `loadRun` gives the model, and the next `fit` begins anew.
   */
  state: "unfinished" | "trained" | "finished";
  classNames: string[];
  /** What `fit` was given as `backup.note`; undefined if nothing. */
  note?: unknown;
}

/** How a model is loaded. */
export interface LoadOptions {
  signal?: AbortSignal;
  onProgress?(progress: ReadProgress): void;
}

/** Room for models in this browser. */
export interface StorageUsage {
  /** Bytes of the saved models. */
  models: number;
  /** Bytes that this site uses in all, undefined if the browser does not tell. */
  used: number | undefined;
  /** Bytes that this site may use, undefined if the browser does not tell. */
  quota: number | undefined;
  /** Whether the browser promised to keep them. */
  persisted: boolean;
}
