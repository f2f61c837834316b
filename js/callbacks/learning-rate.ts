/** Learning rates that follow a function, or how well training goes. */
import type { Callback } from "../types/training.js";
import { count, Monitor, type MonitorOptions, wrong } from "./monitor.js";

/** The learning rate of an epoch, from its number and the rate before. */
export type LearningRateSchedule = (epoch: number, rate: number) => number | Promise<number>;

/** Sets the learning rate at the beginning of each epoch. */
export function learningRateScheduler(schedule: LearningRateSchedule): Callback {
  return {
    async onEpochBegin(epoch, { learningRate = 0, setLearningRate }) {
      const rate = await schedule(epoch, learningRate);
      if (!(Number.isFinite(rate) && rate >= 0))
        throw wrong("learningRateScheduler", `the rate of epoch ${epoch}`, rate, "a number of at least 0");
      if (rate !== learningRate) await setLearningRate(rate);
    },
  };
}

/** How `reduceLrOnPlateau` decides. */
export interface ReduceLrOnPlateauOptions extends MonitorOptions {
  /** What the learning rate is multiplied by, above 0 and below 1; default 0.1. */
  factor?: number;
  /** Epochs in a row without an improvement after which it is; default 10. */
  patience?: number;
  /** By how much the number has to be better to count; default 0.0001. */
  minDelta?: number;
  /** Epochs after it during which nothing is counted; default 0. */
  cooldown?: number;
  /** The learning rate does not become less; default 0. */
  minLr?: number;
}

/** What `reduceLrOnPlateau` remembers of a run. */
interface PlateauState {
  best: number | undefined;
  waited: number;
  cooling: number;
}

/** Lowers the learning rate when a number has not improved for a while, as Keras's `ReduceLROnPlateau`. */
export function reduceLrOnPlateau(options: ReduceLrOnPlateauOptions = {}): Callback {
  const who = "reduceLrOnPlateau";
  const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0 } = options;
  if (!(factor > 0 && factor < 1)) throw wrong(who, "factor", factor, "a number above 0 and below 1");
  if (!(Number.isFinite(minLr) && minLr >= 0)) throw wrong(who, "minLr", minLr, "a number of at least 0");
  count(who, "patience", patience, 0);
  count(who, "cooldown", cooldown, 0);
  const watched = { minDelta: 1e-4, ...options };
  let monitor = new Monitor(who, watched);
  let waited = 0;
  let cooling = 0;
  return {
    onTrainBegin() {
      monitor = new Monitor(who, watched);
      waited = 0;
      cooling = 0;
    },
    async onEpochEnd({ logs }, { learningRate = 0, setLearningRate }) {
      if (cooling > 0) {
        cooling -= 1;
        waited = 0;
      }
      if (monitor.improves(logs)) {
        waited = 0;
        return;
      }
      if (cooling > 0) return;
      waited += 1;
      if (waited < patience || learningRate <= minLr) return;
      await setLearningRate(Math.max(learningRate * factor, minLr));
      cooling = cooldown;
      waited = 0;
    },
    state: (): PlateauState => ({ best: monitor.best, waited, cooling }),
    restore(state) {
      ({ best: monitor.best, waited, cooling } = state as PlateauState);
    },
  };
}
