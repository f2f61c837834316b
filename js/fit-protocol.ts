/** What is said of a run: how it is trained, what it tells, what it is told. */
import type { WireError } from "./errors.js";
import type { Augmentation, Preprocessing } from "./types/specs.js";
import type {
  BackupReport,
  BatchReport,
  ClassWeights,
  EpochReport,
  History,
  ResumedRun,
} from "./types/training.js";

/** How a run is to go. */
export interface WireFit {
  epochs: number;
  batchSize: number;
  shuffle: boolean;
  seed: number;
  initialEpoch: number;
  validationSplit: number;
  shards: number | undefined;
  augmentation: Augmentation | undefined;
  classWeight: ClassWeights | undefined;
  cacheFeatures: boolean;
  progressInterval: number;
  /** Whether anybody listens to batches now and then. */
  batches: boolean;
  /** Whether somebody wants to hear of every one. */
  everyBatch: boolean;
  /** Whether the run waits for an answer after each epoch. */
  waits: boolean;
  /** After every how many steps it waits, too. */
  everySteps: number[];
  backup: WireBackup | undefined;
}

/** How a run is kept. */
export interface WireBackup {
  url: string;
  /** Missing where nobody said. */
  everySeconds: number | undefined;
  takeOver: boolean;
  /** Whether it is known to be kept, so that it must not begin anew. */
  goesOn: boolean;
  /** What is stored with each state; missing where nobody gave any. */
  note?: unknown;
  /** Whether callbacks have something to remember. */
  asks: boolean;
}

/** A run that goes on, for the page's side. */
export interface WireResumed extends ResumedRun {
  history: History;
  /** That of the model, with the epochs of runs before. */
  past: History;
  learningRate: number;
  /** What the callbacks kept, in their order. */
  callbacks: unknown[];
}

/** What a run tells while it goes on. `epochBegin`, `stepEnd` and `epochEnd` can be waited for. */
export type FitEvent =
  /** The run has begun; what the model took over from the dataset. */
  | { type: "begun"; classNames: string[]; preprocessing: Preprocessing }
  /** It goes on where it was interrupted. Waits until the callbacks have what they kept. */
  | { type: "resumed"; run: WireResumed }
  /** Asks for what the callbacks have to remember. */
  | { type: "remember" }
  | { type: "kept"; report: BackupReport }
  | { type: "notKept"; error: WireError }
  /** How many samples of the run have their features, where computing them takes long. */
  | { type: "features"; done: number; total: number }
  | { type: "epochBegin"; epoch: number; learningRate: number }
  | { type: "batchBegin"; epoch: number; batch: number }
  /** `due` if it is told to those, too, who listen now and then. */
  | { type: "batchEnd"; report: BatchReport; due: boolean }
  /** A step after which somebody wants the run to wait. */
  | { type: "stepEnd"; step: number; report: BatchReport }
  | { type: "epochEnd"; report: EpochReport };

/** What can be said to a run. */
export type RunCommand =
  | { type: "pause" }
  | { type: "resume" }
  | { type: "stop" }
  /** Keeps the run at the next batch, if it is kept at all; answered when that is written. */
  | { type: "keep" }
  | { type: "setLearningRate"; learningRate: number };
