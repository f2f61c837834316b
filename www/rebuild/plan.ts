/** What it takes to go on with a run of the Rebuild place. */
import type { KeptRun } from "tabgrad";
import { elsewhere } from "../runs/elsewhere.svelte";
import { keptRuns } from "../runs/kept-runs.svelte";
import { type Plan, planOf } from "../runs/plans";
import { kinds } from "./kinds";
import type { Choice } from "./settings.svelte";

/** A run as it was started: the same again is what the package goes on with. */
export interface RebuildPlan extends Plan {
  place: "rebuild";
  datasetId: string;
  choice: Choice;
}

/** Of a kept run; undefined if none is remembered. */
export function rebuildPlanOf(name: string): RebuildPlan | undefined {
  return planOf<RebuildPlan>(name, "rebuild", ({ datasetId, choice }) => {
    const numbers = [choice?.code, choice?.epochs, choice?.pictures, choice?.seed];
    return typeof datasetId === "string" && numbers.every(Number.isFinite) && choice.kind in kinds;
  });
}

/** The run of this place that was kept last and that nobody trains, if there is one. */
export function unfinishedRebuilding(): { plan: RebuildPlan; kept: KeptRun } | undefined {
  return keptRuns.shown
    .filter(({ name }) => !elsewhere.has(name))
    .toSorted((a, b) => b.savedAt.getTime() - a.savedAt.getTime())
    .flatMap((kept) => {
      const plan = rebuildPlanOf(kept.name);
      return plan ? [{ plan, kept: ofAllEpochs(kept) }] : [];
    })[0];
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
