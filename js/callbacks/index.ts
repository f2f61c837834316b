/**
 * Callbacks that come with the package; a program's own are objects of the same kind. What they do is loaded with the
 * first run (built-in.ts), which also says what is wrong with their options.
 */
import { later } from "../later.js";
import type { Callback } from "../types/training.js";
import type { builtIn } from "./built-in.js";
import type { CsvLogger, CsvLoggerOptions } from "./csv-logger.js";
import type { EarlyStoppingOptions } from "./early-stopping.js";
import type { LearningRateSchedule, ReduceLrOnPlateauOptions } from "./learning-rate.js";
import type { CheckpointOptions } from "./model-checkpoint.js";

export type { CsvLogger, CsvLoggerOptions } from "./csv-logger.js";
export type { EarlyStoppingOptions } from "./early-stopping.js";
export type { LearningRateSchedule, ReduceLrOnPlateauOptions } from "./learning-rate.js";
export type { CheckpointInfo, CheckpointOptions } from "./model-checkpoint.js";
export type { MonitorOptions } from "./monitor.js";

/** Callbacks for `fit` that come with the package. */
export const callbacks: {
  /** Ends a run when a number has not improved for a while. */
  earlyStopping(options?: EarlyStoppingOptions): Callback;
  /** Saves after epochs or steps, with the optimiser's state, so that a run can go on after a reload. */
  modelCheckpoint(options: CheckpointOptions): Callback;
  /** The same as `modelCheckpoint`. */
  checkpoint(options: CheckpointOptions): Callback;
  /**
   * Sets the learning rate at the beginning of each epoch: `rate` is the present one, epochs count from 0. Where the
   * optimiser has a schedule, this is about its peak, and the rest follows in proportion.
   */
  learningRateScheduler(schedule: LearningRateSchedule): Callback;
  /** Lowers the learning rate when a number has not improved for a while, as Keras's `ReduceLROnPlateau`. */
  reduceLrOnPlateau(options?: ReduceLrOnPlateauOptions): Callback;
  /**
   * Has `fit` resolve, with `stopped`, where the loss or a gradient was not finite; without it `fit` rejects with
   * `diverged`. In both cases the run is over, and the model keeps its last good weights.
   */
  terminateOnNan(): Callback;
  /**
   * Writes each epoch as a line: its number from 0, then the logs, by name. The first epoch decides on the columns; what
   * is missing later is left empty.
   */
  csvLogger(options?: CsvLoggerOptions): CsvLogger;
} = {
  earlyStopping: (options) => deferred("earlyStopping", options),
  modelCheckpoint: (options) => deferred("modelCheckpoint", options, options.everySteps),
  checkpoint: (options) => callbacks.modelCheckpoint(options),
  learningRateScheduler: (schedule) => deferred("learningRateScheduler", schedule),
  reduceLrOnPlateau: (options) => deferred("reduceLrOnPlateau", options),
  terminateOnNan: () => ({ onDiverged: () => true }),
  csvLogger: (options) => {
    let logger: CsvLogger | undefined;
    const noted = deferred("csvLogger", options, undefined, (made) => {
      logger = made as CsvLogger;
    });
    return {
      ...noted,
      get text() {
        return logger?.text ?? "";
      },
      toBlob: () => new Blob([logger?.text ?? ""], { type: "text/csv" }),
    };
  },
};

/** A callback that becomes what it is when a run begins. */
function deferred(
  kind: keyof typeof builtIn,
  options: unknown,
  everySteps?: number,
  onMade?: (callback: Callback) => void,
): Callback {
  let making: Promise<Callback> | undefined;
  const make = async () => {
    const { builtIn } = await later();
    const callback = (builtIn[kind] as (options: unknown) => Callback)(options);
    onMade?.(callback);
    return callback;
  };
  const passed =
    <Name extends "onTrainBegin" | "onEpochBegin" | "onSteps" | "onEpochEnd" | "onTrainEnd" | "restore">(
      name: Name,
    ) =>
    async (...report: Parameters<NonNullable<Callback[Name]>>) => {
      making ??= make();
      const callback = await making;
      return (callback[name] as ((...report: unknown[]) => unknown) | undefined)?.call(callback, ...report);
    };
  return {
    ...(everySteps === undefined ? {} : { everySteps, onSteps: passed("onSteps") }),
    onTrainBegin: passed("onTrainBegin"),
    onEpochBegin: passed("onEpochBegin"),
    onEpochEnd: passed("onEpochEnd"),
    onTrainEnd: passed("onTrainEnd"),
    state: async () => (await making)?.state?.(),
    restore: passed("restore"),
  };
}
