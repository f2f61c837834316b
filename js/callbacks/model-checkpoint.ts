/** Saves models while they are trained. */
import type { Model } from "../types/model.js";
import type { Callback, CallbackContext, Logs } from "../types/training.js";
import { count, Monitor, type MonitorOptions, wrong } from "./monitor.js";

/** What a checkpoint is of. */
export interface CheckpointInfo {
  /** From 0. */
  epoch: number;
  /** Steps of the run so far. */
  step?: number;
  /** Of the epoch; after a step, the means of the epoch so far. */
  logs: Logs;
}

/** How `modelCheckpoint` saves. */
export interface CheckpointOptions extends MonitorOptions {
  /**
   * `indexeddb://NAME`, or in Node `file://PATH`. `{epoch}`, `{step}` and the names of the logs in braces stand for
   * these numbers, the epoch counted from 1: "indexeddb://digits-{epoch}".
   */
  url?: string | URL;
  /** Does something else with the model instead; the run waits for what it returns. */
  save?: (model: Model, info: CheckpointInfo) => unknown;
  /** Save only epochs better than every one before; default false. */
  onlyBest?: boolean;
  /** With `onlyBest`: the value that the first has to be better than. */
  initialValue?: number;
  /** Save after every so many epochs; default 1, or never if `everySteps` is given. */
  everyEpochs?: number;
  /** Save after every so many steps, too. */
  everySteps?: number;
  /** With the optimiser's state, so that the run can go on from the file; default true. */
  includeOptimizer?: boolean;
}

/** Saves after epochs or steps, with the optimiser's state, so that a run can go on after a reload. */
export function modelCheckpoint(options: CheckpointOptions): Callback {
  const who = "modelCheckpoint";
  const { url, save, onlyBest = false, initialValue, everySteps, includeOptimizer = true } = options;
  const everyEpochs = options.everyEpochs ?? (everySteps === undefined ? 1 : undefined);
  if ((url === undefined) === (save === undefined))
    throw wrong(who, "url", url, "either an address or the option save, a function");
  if (everyEpochs !== undefined) count(who, "everyEpochs", everyEpochs, 1);
  if (everySteps !== undefined) count(who, "everySteps", everySteps, 1);
  if (onlyBest && everySteps !== undefined)
    throw wrong(who, "everySteps", everySteps, "none with onlyBest, which compares epochs");
  const monitor = new Monitor(who, options);
  monitor.best = initialValue;
  const store = async ({ model }: CallbackContext, info: CheckpointInfo) => {
    if (save) await save(model, info);
    else await model.save(filled(String(url), info), { includeOptimizer });
  };
  return {
    ...(everySteps === undefined
      ? {}
      : {
          everySteps,
          onSteps: (step: number, { epoch, logs }: { epoch: number; logs: Logs }, context: CallbackContext) =>
            store(context, { epoch, step, logs }),
        }),
    async onEpochEnd({ epoch, logs }, context) {
      if (everyEpochs === undefined || (epoch + 1) % everyEpochs !== 0) return;
      if (onlyBest && !monitor.improves(logs)) return;
      await store(context, { epoch, logs });
    },
    state: () => monitor.best,
    restore(state) {
      monitor.best = state as number | undefined;
    },
  };
}

/** The address with numbers for what is in braces; what is not measured stays as it is. */
function filled(url: string, { epoch, step, logs }: CheckpointInfo): string {
  const numbers: Logs = { ...logs, epoch: epoch + 1, ...(step === undefined ? {} : { step }) };
  return url.replace(/\{(\w+)\}/g, (written, name) => {
    const value = numbers[name];
    if (value === undefined) return written;
    return Number.isInteger(value) ? String(value) : value.toFixed(4);
  });
}
