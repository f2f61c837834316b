/** Ends runs that get no better. */
import type { WeightTensor } from "../types/tensors.js";
import type { Callback } from "../types/training.js";
import { count, Monitor, type MonitorOptions } from "./monitor.js";

/** How `earlyStopping` decides. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs in a row without an improvement after which the run ends; default 0, which is as good as 1. */
  patience?: number;
  /** A value that has to be reached: only an epoch that is better than it ends the waiting. */
  baseline?: number;
  /** Epochs before this one, counted from 0, are not looked at; default 0. */
  startFromEpoch?: number;
  /** Ends with the weights of the best epoch instead of the last; default false. */
  restoreBestWeights?: boolean;
}

/** What it remembers of a run. */
interface State {
  best: number | undefined;
  bestWeights: WeightTensor[] | undefined;
  waited: number;
  behind: number;
}

/** Ends a run when a number has not improved for a while. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const who = "earlyStopping";
  const { patience = 0, baseline, startFromEpoch = 0, restoreBestWeights = false } = options;
  count(who, "patience", patience, 0);
  count(who, "startFromEpoch", startFromEpoch, 0);
  let monitor = new Monitor(who, options);
  let bestWeights: WeightTensor[] | undefined;
  let waited = 0;
  let behind = 0;
  return {
    onTrainBegin() {
      monitor = new Monitor(who, options);
      bestWeights = undefined;
      waited = 0;
      behind = 0;
    },
    async onEpochEnd({ epoch, logs }, { model, stopTraining }) {
      if (epoch < startFromEpoch) return;
      waited += 1;
      behind += 1;
      if (monitor.improves(logs)) {
        behind = 0;
        if (restoreBestWeights) bestWeights = await model.getWeights();
        if (baseline === undefined || monitor.isBetter(logs, baseline)) waited = 0;
      }
      if (waited >= Math.max(patience, 1)) stopTraining();
    },
    state: (): State => ({ best: monitor.best, bestWeights, waited, behind }),
    restore(state) {
      ({ best: monitor.best, bestWeights, waited, behind } = state as State);
    },
    async onTrainEnd(_, { model }) {
      if (bestWeights && behind > 0) await model.setWeights(bestWeights);
      bestWeights = undefined;
    },
  };
}
