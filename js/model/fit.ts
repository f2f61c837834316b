/** Runs a training: hands it to the worker and passes on what it tells. */
import { call, packData, TabgradError } from "../core.js";
import type { FitEvent, RunCommand, WireFit, WireResumed } from "../fit-protocol.js";
import type { Dataset } from "../types/dataset.js";
import type { Model } from "../types/model.js";
import type { Preprocessing } from "../types/specs.js";
import type { Inputs, Targets } from "../types/tensors.js";
import type {
  BackupOptions,
  Callback,
  CallbackContext,
  EpochReport,
  FitOptions,
  FitResult,
  History,
} from "../types/training.js";
import {
  backupOptions,
  become,
  forgetStanding,
  type Keeping,
  keepWhenHidden,
  persistently,
  restored,
  standingOf,
  stateError,
  wireBackup,
} from "./backup.js";

const DEFAULT_BATCH_SIZE = 32;
const DEFAULT_PROGRESS_INTERVAL = 100;

/** What a run works on. */
export interface FitJob {
  model: Model;
  /** The model's number. */
  id: number;
  run: number;
  x: Inputs | Dataset;
  y: Targets | undefined;
  options: FitOptions;
  /** Called when the run has begun, with what the model took over from the dataset. */
  onBegun(taken: { classNames: string[]; preprocessing: Preprocessing }): void;
  /** The model's history so far, to which each epoch is added before anybody hears of it. */
  past: History;
}

/** Trains, and resolves when the last callback is through. */
export async function runFit(job: FitJob): Promise<FitResult> {
  const { options, model } = job;
  const callbacks = options.callbacks ?? [];
  let stopped = false;
  const keeping: Keeping = { begun: false, exists: false, times: 0 };
  /** What the callbacks had to remember last. */
  let states: unknown[] = [];
  let learningRate: number | undefined;
  const history: History = {};
  const command = (command: RunCommand) => call("command", { run: job.run, command });
  const context: CallbackContext = {
    model,
    history,
    get learningRate() {
      return learningRate;
    },
    async setLearningRate(rate) {
      if (!(Number.isFinite(rate) && rate >= 0)) {
        throw new TabgradError(
          "argument",
          `setLearningRate: found ${rate}, expected a finite number of at least 0.`,
        );
      }
      if (learningRate === undefined) {
        throw new TabgradError(
          "argument",
          "setLearningRate: the run has not begun, expected a call from onEpochBegin on.",
        );
      }
      learningRate = rate;
      await command({ type: "setLearningRate", learningRate: rate });
    },
    stopTraining: () => {
      stopped = true;
    },
    stop: () => {
      stopped = true;
      // A run that has ended meanwhile has nothing to stop.
      command({ type: "stop" }).catch(() => {});
    },
  };
  const standing = standingOf(job.run);
  const backup = backupOptions(options);
  const wire = wireOptions(options, model, callbacks, backup);
  const attempt = async () => {
    const data = await packData(job.x, job.y, undefined, options.sampleWeight);
    const validation = await packValidation(options);
    const transfer = [...data.transfer, ...(validation?.transfer ?? [])];
    const answer = call(
      "fit",
      {
        id: job.id,
        run: job.run,
        data: data.value,
        ...(validation ? { validation: validation.value } : {}),
        options: wire.backup ? { ...wire, backup: { ...wire.backup, goesOn: keeping.exists } } : wire,
      },
      { transfer, signal: options.signal, onEvent },
    );
    standing.send();
    return answer;
  };

  await each(callbacks, (callback) => callback.onTrainBegin?.(context));
  const onEvent = async (event: unknown) => {
    const told = event as FitEvent;
    if (told.type === "remember") {
      states = await Promise.all(callbacks.map((callback) => callback.state?.()));
      return states;
    }
    await tellAll(told);
    return stopped;
  };
  const goOn = async ({
    history: kept,
    past,
    learningRate: rate,
    callbacks: states,
    ...run
  }: WireResumed) => {
    keeping.exists = true;
    learningRate = rate;
    become(history, kept);
    become(job.past, past);
    options.onResumed?.(run);
    await restored(callbacks, states);
  };
  const tellAll = async (event: FitEvent) => {
    switch (event.type) {
      case "begun":
        keeping.begun = true;
        standing.begin();
        return job.onBegun(event);
      case "resumed":
        return goOn(event.run);
      case "kept":
        keeping.exists = true;
        keeping.times += 1;
        return backup?.onSaved?.(event.report);
      case "notKept":
        return backup?.onError?.(new TabgradError(event.error.code, event.error.message));
      case "features":
        return options.onFeatures?.({ done: event.done, total: event.total });
      case "epochBegin":
        learningRate = event.learningRate;
        return each(callbacks, (callback) => callback.onEpochBegin?.(event.epoch, context));
      case "batchBegin":
        for (const callback of callbacks)
          callback.onBatchBegin?.({ epoch: event.epoch, batch: event.batch }, context);
        return;
      case "batchEnd":
        if (event.due) options.onBatchEnd?.(event.report);
        for (const callback of callbacks) callback.onBatchEnd?.(event.report, context);
        return;
      case "stepEnd": {
        const { step, report } = event;
        const due = callbacks.filter(({ everySteps = 0 }) => everySteps > 0 && step % everySteps === 0);
        return each(due, (callback) => callback.onSteps?.(step, report, context));
      }
      case "epochEnd":
        append(history, event.report);
        append(job.past, event.report);
        options.onEpochEnd?.(event.report);
        return each(callbacks, (callback) => callback.onEpochEnd?.(event.report, context));
    }
  };
  const leaving = keepWhenHidden(backup && (() => command({ type: "keep" })));
  const trained = persistently(attempt, backup, keeping);
  const result = await trained.finally(leaving).catch((error): FitResult => {
    if (!(error instanceof TabgradError) || error.code !== "diverged") throw stateError(error, states);
    // All of them are told.
    const accepted = callbacks.filter((callback) => callback.onDiverged?.(error, context) === true);
    if (accepted.length === 0) throw error;
    return { history, epochs: history.loss?.length ?? 0, stopped: true };
  });
  standing.trained = true;
  await each(callbacks, (callback) => callback.onTrainEnd?.(result.history, context));
  if (backup) await call("settleRun", { id: job.id });
  forgetStanding(job.run);
  return result;
}

/** Adds an epoch's numbers to a history. */
function append(history: History, report: EpochReport): void {
  for (const [name, value] of Object.entries(report.logs)) {
    history[name] ??= [];
    history[name].push(value);
  }
}

function wireOptions(
  options: FitOptions,
  model: Model,
  callbacks: readonly Callback[],
  backup: BackupOptions | undefined,
): WireFit {
  const { epochs = 1, batchSize = DEFAULT_BATCH_SIZE, initialEpoch = 0, validationSplit = 0 } = options;
  atLeast("epochs", epochs, 1);
  atLeast("batchSize", batchSize, 1);
  atLeast("initialEpoch", initialEpoch, 0);
  if (options.shards !== undefined) atLeast("shards", options.shards, 1);
  if (initialEpoch >= epochs) {
    throw new TabgradError(
      "argument",
      `fit: initialEpoch is ${initialEpoch}, expected less than epochs (${epochs}), which is the epoch to end at.`,
    );
  }
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new TabgradError(
      "argument",
      `fit: validationSplit is ${validationSplit}, expected a share from 0 to below 1.`,
    );
  }
  if (validationSplit > 0 && options.validationData) {
    throw new TabgradError(
      "argument",
      "fit: found validationData and validationSplit, expected one of them.",
    );
  }
  for (const { everySteps } of callbacks) if (everySteps !== undefined) atLeast("everySteps", everySteps, 1);
  const listens = (callback: Callback) => callback.onBatchEnd ?? callback.onBatchBegin;
  return {
    epochs,
    batchSize,
    initialEpoch,
    validationSplit,
    shuffle: options.shuffle ?? true,
    seed: options.seed ?? model.spec.seed ?? 0,
    shards: options.shards,
    augmentation: options.augmentation,
    classWeight: options.classWeight,
    cacheFeatures: options.cacheFeatures ?? true,
    progressInterval: options.progressInterval ?? DEFAULT_PROGRESS_INTERVAL,
    batches: options.onBatchEnd !== undefined,
    everyBatch: callbacks.some(listens),
    waits: callbacks.length > 0,
    everySteps: callbacks.flatMap(({ everySteps, onSteps }) => (onSteps && everySteps ? [everySteps] : [])),
    backup: backup && wireBackup(backup, callbacks),
  };
}

async function packValidation(options: FitOptions) {
  const given = options.validationData;
  if (!given) return undefined;
  if (!("x" in given && "y" in given)) return packData(given as Dataset);
  return packData(given.x, given.y, undefined, given.sampleWeight);
}

function atLeast(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new TabgradError("argument", `fit: ${name} is ${value}, expected an integer of at least ${least}.`);
}

async function each(callbacks: readonly Callback[], run: (callback: Callback) => unknown): Promise<void> {
  for (const callback of callbacks) await run(callback);
}
