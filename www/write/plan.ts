/** What it takes to go on with a run of the Write place. */
import type { KeptRun } from "tabgrad";
import { elsewhere } from "../runs/elsewhere.svelte";
import { keptRuns } from "../runs/kept-runs.svelte";
import { type Plan, planOf } from "../runs/plans";
import { type Choice, kinds, sizes } from "./choice";

/** A run as it was started: the same again is what the package goes on with. */
export interface WritePlan extends Plan {
  place: "write";
  choice: Pick<Choice, "kind" | "size">;
  epochs: number;
  /** What it learns from: the text itself is kept once, as the one that was chosen last. */
  text: { name: string; length: number };
}

/** Of a kept run; undefined if none is remembered. */
export function writePlanOf(name: string): WritePlan | undefined {
  return planOf<WritePlan>(name, "write", ({ choice, epochs, text }) => {
    const isChosen = choice?.kind in kinds && choice.size in sizes;
    return (
      isChosen && Number.isFinite(epochs) && typeof text?.name === "string" && Number.isFinite(text.length)
    );
  });
}

/** The run of this place that was kept last and that nobody trains, if there is one. */
export function unfinishedWriting(): { plan: WritePlan; kept: KeptRun } | undefined {
  return keptRuns.shown
    .filter(({ name }) => !elsewhere.has(name))
    .toSorted((a, b) => b.savedAt.getTime() - a.savedAt.getTime())
    .flatMap((kept) => {
      const plan = writePlanOf(kept.name);
      return plan ? [{ plan, kept }] : [];
    })[0];
}
