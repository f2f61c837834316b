import type { BackupOptions, Run } from "tabgrad";
import { modelUrl } from "../models/current.svelte";
import { type Problem, problemOf } from "../shared/problem";
import type { Plan } from "./plans";

/** Whether a run is kept while it goes on, and what stands against it. */
export class Saving {
  /** When it was kept last. */
  at = $state.raw<Date | undefined>();
  /** Why it could not be kept the last time. */
  problem = $state.raw<Problem | undefined>();

  reset(): void {
    this.at = undefined;
    this.problem = undefined;
  }

  /** How the package keeps the run of a plan, and that with it; `onSaved` is told the first time. */
  options(plan: Plan, takeOver: boolean, onSaved: () => void): BackupOptions {
    let told = false;
    return {
      url: modelUrl(plan.name),
      takeOver,
      note: $state.snapshot(plan),
      onSaved: ({ savedAt }) => {
        this.at = savedAt;
        this.problem = undefined;
        if (!told) onSaved();
        told = true;
      },
      onError: (error) => {
        this.problem = problemOf(error);
      },
    };
  }

  /** Tries to keep a run once more; what comes of it is told as always. */
  async again(fit: Run): Promise<void> {
    await fit.keep().catch(() => {});
  }
}
