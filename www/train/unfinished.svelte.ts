import type { KeptRun } from "tabgrad";
import { lastUnfinished } from "../runs/unfinished";
import { forgetOldPlan, oldPlan, type TrainPlan, trainPlanOf } from "./plan";

/** A run that can be gone on with. */
export interface Offer {
  plan: TrainPlan;
  /** How it was kept; not one of an earlier version of the page, of which there is a model after each epoch. */
  kept?: KeptRun;
}

/** The runs of the Train place that a reload or a crash ended. */
class Unfinished {
  #old = $state.raw(oldPlan());

  /** The one that was kept last, if there is one; not one that another tab trains. */
  readonly offer: Offer | undefined = $derived(
    lastUnfinished(trainPlanOf) ?? (this.#old && { plan: this.#old }),
  );

  /** A run of an earlier version is kept by the package from now on, or is to be left as it is. */
  forgetOld(name: string): void {
    if (this.#old?.name !== name) return;
    this.#old = undefined;
    forgetOldPlan();
  }
}

export const unfinished = new Unfinished();
