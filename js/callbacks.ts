/** Callbacks that come with the package; a program's own are objects of the same kind. */
import { TabgradError } from "./errors.js";
import type { WeightTensor } from "./types/tensors.js";
import type { Callback, Logs } from "./types/training.js";

/** How `earlyStopping` decides. */
export interface EarlyStoppingOptions {
  /** A number of the epoch's logs; default "valLoss", or "loss" without validation data. */
  monitor?: string;
  /** Epochs in a row without an improvement after which the run ends; default 0, which is as good as 1. */
  patience?: number;
  /** What counts as an improvement; default anything above 0. */
  minDelta?: number;
  /** Whether small or large is good; default "max" for names with "accuracy", otherwise "min". */
  mode?: "min" | "max";
  /** Ends with the weights of the best epoch instead of the last; default false. */
  restoreBestWeights?: boolean;
}

/** Ends a run when a number has not improved for a while. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { patience = 0, minDelta = 0, restoreBestWeights = false } = options;
  if (!(Number.isInteger(patience) && patience >= 0)) {
    throw new TabgradError(
      "argument",
      `earlyStopping: patience is ${patience}, expected an integer of at least 0.`,
    );
  }
  let best: number | undefined;
  let bestWeights: WeightTensor[] | undefined;
  let waited = 0;
  return {
    onTrainBegin() {
      best = undefined;
      bestWeights = undefined;
      waited = 0;
    },
    async onEpochEnd({ logs }, { model, stopTraining }) {
      const { name, value } = monitored(logs, options.monitor, "earlyStopping");
      if (best === undefined || isBetter(value, best, minDelta, options.mode ?? modeOf(name))) {
        best = value;
        waited = 0;
        if (restoreBestWeights) bestWeights = await model.getWeights();
        return;
      }
      waited += 1;
      if (waited >= Math.max(patience, 1)) stopTraining();
    },
    async onTrainEnd(_, { model }) {
      if (bestWeights && waited > 0) await model.setWeights(bestWeights);
      bestWeights = undefined;
    },
  };
}

/** How `checkpoint` saves. */
export interface CheckpointOptions {
  /** `indexeddb://NAME`, or in Node `file://PATH`. */
  url: string;
  /** Save only epochs better than every one before; default false. */
  onlyBest?: boolean;
  /** As for `earlyStopping`. */
  monitor?: string;
  mode?: "min" | "max";
}

/** Saves after every epoch, with the optimiser's state, so that a run can go on after a reload. */
export function checkpoint(options: CheckpointOptions): Callback {
  let best: number | undefined;
  return {
    async onEpochEnd({ logs }, { model }) {
      if (options.onlyBest) {
        const { name, value } = monitored(logs, options.monitor, "checkpoint");
        if (best !== undefined && !isBetter(value, best, 0, options.mode ?? modeOf(name))) return;
        best = value;
      }
      await model.save(options.url, { includeOptimizer: true });
    },
  };
}

function monitored(logs: Logs, monitor: string | undefined, who: string): { name: string; value: number } {
  const name = monitor ?? ("valLoss" in logs ? "valLoss" : "loss");
  const value = logs[name];
  if (value === undefined) {
    const found = Object.keys(logs).join(", ");
    throw new TabgradError("notFound", `${who}: "${name}" is not measured; there are ${found}.`);
  }
  return { name, value };
}

function modeOf(name: string): "min" | "max" {
  return /accuracy/i.test(name) ? "max" : "min";
}

function isBetter(value: number, best: number, minDelta: number, mode: "min" | "max"): boolean {
  return mode === "max" ? value > best + minDelta : value < best - minDelta;
}
