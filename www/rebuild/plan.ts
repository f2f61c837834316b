/** What it takes to go on with a run of the Rebuild place. */
import type { KeptRun } from "tabgrad";
import type { DataPlan } from "../runs/data-plan";
import { type Planned, planOf } from "../runs/plans";
import { lastUnfinished, type Unfinished } from "../runs/unfinished";
import { kinds } from "./kinds";
import type { Choice } from "./settings.svelte";

/** A run as it was started: the same again is what the package goes on with. */
export interface RebuildPlan extends DataPlan {
  place: "rebuild";
  choice: Choice;
}

/** Of a kept run; undefined if it is of another place. */
export function rebuildPlanOf(kept: Planned): RebuildPlan | undefined {
  return planOf<RebuildPlan>(kept, "rebuild", ({ datasetId, choice }) => {
    const numbers = [choice?.code, choice?.epochs, choice?.pictures, choice?.seed];
    return typeof datasetId === "string" && numbers.every(Number.isFinite) && choice.kind in kinds;
  });
}

/** The run of this place to go on with, if there is one. */
export function unfinishedRebuilding(): Unfinished<RebuildPlan> | undefined {
  const last = lastUnfinished(rebuildPlanOf);
  return last && { ...last, kept: ofAllEpochs(last.kept) };
}

/** Each epoch is a fit of its own here: what has ended may have epochs left. */
export function ofAllEpochs(kept: KeptRun): KeptRun {
  return kept.state === "finished" && kept.epoch < kept.epochs ? { ...kept, state: "unfinished" } : kept;
}

/** The epoch to go on with, whose pictures are wanted. */
export function nextEpoch({ state, epoch }: KeptRun): number {
  // Its last step is made, and its end is missing.
  return state === "trained" ? epoch - 1 : epoch;
}
