/** Options and reports of training and evaluation. */

import type { TabgradError } from "../errors.js";
import type { Dataset, ReadOptions } from "./dataset.js";
import type { Model } from "./model.js";
import type { Augmentation } from "./specs.js";
import type { Inputs, Targets } from "./tensors.js";

/**
 * One number an epoch: `loss`, `accuracy`, `valLoss`, `valAccuracy`, ... `NaN` where a metric was not defined, such as
 * the area under a ROC curve where all samples are of one class; `EpochReport.warnings` then says why. Where several
 * outputs are trained, `loss` is the sum of their losses times `lossWeights`, and the numbers of each begin with its
 * name: `digitLoss`, `digitAccuracy`, `valDigitLoss`.
 */
export interface History {
  [metric: string]: number[];
}

/** The numbers of one epoch or batch by the names that `History` has. */
export interface Logs {
  [metric: string]: number;
}

/** How far a run is. */
export interface BatchReport {
  /** From 0. */
  epoch: number;
  epochs: number;
  /** From 0, within the epoch. */
  batch: number;
  /** Batches in an epoch. */
  batches: number;
  /** Mean loss of this batch. */
  loss: number;
  /** Running means of the epoch, `loss` and the compiled metrics. */
  logs: Logs;
  /** The learning rate of this step. */
  learningRate: number;
  /** Training samples a second over the last stretch; pauses and validation are not counted. */
  imagesPerSecond: number;
  /** Seconds until the last epoch ends at the present rate, validation included. */
  secondsLeft: number;
}

/** What an epoch came to. */
export interface EpochReport {
  /** From 0. */
  epoch: number;
  epochs: number;
  logs: Logs;
  /** The learning rate of its last step. */
  learningRate: number;
  imagesPerSecond: number;
  /** Seconds that the epoch took, validation included. */
  seconds: number;
  /** Metrics that are not defined for the samples of the epoch or of the validation, and why. */
  warnings: string[];
}

/** What a callback can do with the run that it watches. */
export interface CallbackContext {
  readonly model: Model;
  /** The run so far, one number an epoch. */
  readonly history: History;
  /**
   * The learning rate at the beginning of this epoch, or what it was set to since; of a schedule, its peak. Undefined
   * before the first epoch.
   */
  readonly learningRate: number | undefined;
  /**
   * From the next step of this run on, once its first epoch has begun. With a schedule, its peak becomes this and the rest follows in proportion. The
   * next run begins with what the model was compiled with.
   */
  setLearningRate(learningRate: number): Promise<void>;
  /** Ends the run after this epoch; `fit` then resolves as usual. */
  stopTraining(): void;
  /** Ends the run at the next batch; `fit` then resolves as usual, without the epoch that was under way. */
  stop(): void;
}

/**
 * Watches a run. The run waits for what `onTrainBegin`, `onEpochBegin`, `onSteps`, `onEpochEnd` and `onTrainEnd`
 * return; batches do not wait, so what is told of them may come after the step that follows. Every batch is told, in
 * its order: its begin, then its end. Each is called as a method, so `this` is the callback.
 */
export interface Callback {
  /** After every how many steps of the run `onSteps` is called. */
  everySteps?: number;
  /** `step` counts the steps from 1, those of `FitOptions.initialEpoch` and before included. */
  onSteps?(step: number, report: BatchReport, context: CallbackContext): unknown;
  /**
   * The loss or a gradient was not finite, which ends the run; the model keeps its last good weights. Where a callback
   * returns true, `fit` resolves with what there is instead of rejecting with this error.
   */
  onDiverged?(error: TabgradError, context: CallbackContext): unknown;
  onTrainBegin?(context: CallbackContext): unknown;
  onTrainEnd?(history: History, context: CallbackContext): unknown;
  onEpochBegin?(epoch: number, context: CallbackContext): unknown;
  onEpochEnd?(report: EpochReport, context: CallbackContext): unknown;
  onBatchBegin?(position: { epoch: number; batch: number }, context: CallbackContext): void;
  onBatchEnd?(report: BatchReport, context: CallbackContext): void;
  /**
   * What it has to remember for a run that goes on after an interruption (`FitOptions.backup`): anything that can
   * be cloned.
   */
  state?(): unknown;
  /** Called after `onTrainBegin` of a run that goes on, with what `state` gave when it was last kept. */
  restore?(state: unknown): unknown;
}

/** How a run is kept while it goes on. */
export interface BackupOptions {
  /** `indexeddb://NAME`, in Node `file:///PATH`. One run has one name. */
  url: string | URL;
  /**
   * Seconds between two times within an epoch; by default 10, or a hundred times what keeping took where that is
   * more, up to 60. At the end of each epoch it is kept, too, unless that took more than a hundredth of the time since
   * the last: of very short epochs not each is.
   */
  everySeconds?: number;
  /**
   * Takes the run from another tab that trains it, whose `fit` then rejects with "busy"; default false, which rejects
   * here.
   */
  takeOver?: boolean;
  /**
   * What `listRuns` gives back as the run's `note`: anything that can be cloned, and small, since each state has it.
   * A run that goes on has the new one from its next state on, or its earlier one where none is given.
   */
  note?: unknown;
  /** Told each time it was kept. */
  onSaved?(saved: BackupReport): void;
  /**
   * Told each time that it could not be kept, as when the disk is full or the browser refuses its storage ("quota",
   * "storage"). Training goes on, and the last state stays. So it is from the beginning, where no earlier state is
   * known; if one comes to light once the store can be read, it stays, and nothing more is kept of this run. `fit`
   * rejects where the run is to go on from a state that cannot be read or claimed.
   */
  onError?(error: TabgradError): void;
}

/** What was kept of a run. */
export interface BackupReport {
  /** The epoch that it was in, from 0, and the next batch in it. */
  epoch: number;
  batch: number;
  bytes: number;
  savedAt: Date;
}

/** Where a run went on that had been interrupted. */
export interface ResumedRun {
  /** From 0. */
  epoch: number;
  /** The next batch in it. */
  batch: number;
  savedAt: Date;
  /** What is wrong with a later state, which could not be used. */
  damaged?: string;
}

/**
 * How much the samples of each class count: a list by the numbers of the classes, an object by their names or
 * numbers (others count 1), or "balanced", all classes the same.
 */
export type ClassWeight = number[] | { [className: string]: number } | "balanced";

/**
 * Class weights of the only output that is trained, or of outputs by their names; an output that is not named counts
 * all classes the same.
 */
export type ClassWeights = ClassWeight | { [output: string]: ClassWeight };

/** How `trainOnBatch` weighs its samples. */
export interface BatchOptions {
  /** What the loss of each sample is multiplied by, where `x` and `y` are arrays; a dataset has its own. */
  sampleWeight?: ArrayLike<number>;
  /** As for `fit`; default 1. */
  classWeight?: ClassWeights;
}

/** How `fit` trains. */
export interface FitOptions {
  /** The epoch to end at, counted from 0 of the first run; default 1. */
  epochs?: number;
  /** Samples a step; default 32. The last batch of an epoch may be smaller. */
  batchSize?: number;
  /**
   * What loss and gradient of the samples of each class are multiplied by, as Keras does it; "balanced" is the
   * number of samples over that of the classes and of the class's own. The loss has to know classes: a
   * cross-entropy, a focal or a hinge loss, or a graph (`losses.custom`) of one position whose targets are class
   * numbers or a share for each class. Default: 1, or what the dataset's `preprocessing.cleaning` says of its first
   * targets. Validation counts all samples the same.
   */
  classWeight?: ClassWeights;
  /** What the loss of each sample is multiplied by, where `x` and `y` are arrays; a dataset has its own. */
  sampleWeight?: ArrayLike<number>;
  /**
   * Into how many parts a batch is cut whose gradients are computed on their own, by as many workers at most,
   * and added up in a fixed order; by default one for every 16 samples, from 1 to 8. Decides the bits of the
   * result. Batch normalisation takes the statistics of each part; with 1 those of the whole batch.
   */
  shards?: number;
  /** Shuffle the samples each epoch, by `seed`; default true. */
  shuffle?: boolean;
  /** Decides the order of the samples, the dropout and the augmentation; default the model's own seed. */
  seed?: number;
  /**
   * How the images of the first input are changed at random, in another way each epoch, by `seed`. The workers
   * share the work, and it does not depend on how many they are. Validation sees images as they are.
   */
  augmentation?: Augmentation;
  /**
   * Whether what frozen layers at the front make of the samples is computed once, before the first epoch, and the
   * rest is trained on that; default true. It changes no bit of the result and is done where it pays: the layers
   * from the inputs on are frozen (`model.freeze`) and without dropout or noise, up to values that are taken by all
   * that is behind; they have at least a quarter of the multiply-adds; there is no `augmentation`; two or more epochs
   * are left; and the features, numbers of 4 bytes, take 256 MB at most. Validation sees the samples.
   */
  cacheFeatures?: boolean;
  /** Epochs that have been done already; the run goes on from there. Default 0. */
  initialEpoch?: number;
  /** Evaluated after each epoch; gives `valLoss` and so on. */
  validationData?: Dataset | { x: Inputs; y: Targets; sampleWeight?: ArrayLike<number> };
  /** The share of the training data (0 to 1) that is kept back for validation, chosen by `seed`. */
  validationSplit?: number;
  callbacks?: Callback[];
  /**
   * Keeps the run while it goes on, so that nothing ends it for good: the same call of `fit`, of a model of the same
   * layers and with the same data and options, goes on where the last one was interrupted, by a reload, a crash or a
   * kill, and comes to the same bits as if it had not been. See `listRuns`, `loadRun` and `removeRun`.
   */
  backup?: string | URL | BackupOptions;
  /** Told where it goes on, if it does. */
  onResumed?(run: ResumedRun): void;
  /** Stops the run at the next batch; the model keeps its last consistent weights. */
  signal?: AbortSignal;
  /** Milliseconds between two calls of `onBatchEnd`; default 100. With 0 it is called for every batch. */
  progressInterval?: number;
  /** Told now and then how many samples have their features, where computing them takes more than a second. */
  onFeatures?(progress: { done: number; total: number }): void;
  onBatchEnd?(report: BatchReport): void;
  onEpochEnd?(report: EpochReport): void;
}

/** What `fit` resolves to. */
export interface FitResult {
  history: History;
  /** Epochs that were completed. */
  epochs: number;
  /** True if a callback or `Run.stop` ended the run before its last epoch. */
  stopped: boolean;
}

/** A running training: await it, or steer it. */
export interface Run extends Promise<FitResult> {
  /** Holds the run before its next batch; predictions go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends the run at the next batch; `fit` resolves with what there is. */
  stop(): Promise<void>;
  /** From the next batch on. With a schedule, its peak becomes this and the rest follows in proportion. */
  setLearningRate(learningRate: number): Promise<void>;
  /**
   * Keeps the run as it is at its next batch, where `fit` was given `backup`, paused or not; resolves when that is on
   * the disk, and rejects if it cannot be, or the run fails before. Callbacks must not wait for it: a run is kept when
   * they are through.
   */
  keep(): Promise<void>;
  /** "running", "paused", or how it ended. */
  readonly state: "running" | "paused" | "done" | "failed";
}

/** How `evaluate` measures. */
export interface EvaluateOptions extends ReadOptions {
  batchSize?: number;
  /** Told of metrics that are not defined for these samples, whose value is `NaN`, or 0 as scikit-learn has it. */
  onWarning?(warning: string): void;
  /** What the loss of each sample is multiplied by, where `x` and `y` are arrays; a dataset has its own. */
  sampleWeight?: ArrayLike<number>;
}

/** Precision, recall and F1 of one class, or an average of them. */
export interface ClassScores {
  precision: number;
  recall: number;
  f1: number;
}

/** Scores of one class. */
export interface ClassReport extends ClassScores {
  label: string;
  /** Samples whose target is this class. */
  support: number;
}

/** What `evaluate(..., { details: true })` resolves to, for classifiers. */
export interface EvaluationDetails {
  /** `loss` and the compiled metrics. */
  logs: Logs;
  /** Metrics that are not defined for these samples, and why. */
  warnings: string[];
  accuracy: number;
  /** `confusion[target][predicted]` counts samples. */
  confusion: number[][];
  classes: ClassReport[];
  macro: ClassScores;
  micro: ClassScores;
  weighted: ClassScores;
  /** The predicted class of each sample. */
  predictions: Uint32Array;
  /** The probability given to the predicted class of each sample. */
  confidences: Float32Array;
  /** The target class of each sample. */
  targets: Uint32Array;
}
