/** Runs that a reload or a crash ended. */
import type { KeptRun } from "tabgrad";
import { elsewhere } from "./elsewhere.svelte";
import { keptRuns } from "./kept-runs.svelte";
import type { Plan } from "./plans";

/** A run that can be gone on with, and how it was kept. */
export interface Unfinished<P extends Plan> {
  plan: P;
  kept: KeptRun;
}

/** The run with a plan of a place that was kept last and that no other tab trains, if there is one. */
export function lastUnfinished<P extends Plan>(
  planOf: (kept: KeptRun) => P | undefined,
): Unfinished<P> | undefined {
  const runs = keptRuns.shown.filter(({ name }) => !elsewhere.has(name));
  for (const kept of runs.toSorted((a, b) => b.savedAt.getTime() - a.savedAt.getTime())) {
    const plan = planOf(kept);
    if (plan) return { plan, kept };
  }
  return undefined;
}
