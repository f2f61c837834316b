import type { BackupOptions, Run } from "tabgrad";
import { modelUrl } from "../models/current.svelte";
import { type Problem, problemOf } from "../shared/problem";

/** Milliseconds after which a run that could not be held is left to go on. */
const PATIENCE = 3000;

/** Whether a run is kept while it goes on, and what stands against it. */
export class Saving {
  /** When it was kept last. */
  at = $state.raw<Date | undefined>();
  /** Why it could not be kept the last time. */
  problem = $state.raw<Problem | undefined>();
  #tried: (() => void) | undefined;

  reset(): void {
    this.at = undefined;
    this.problem = undefined;
  }

  /** How the package keeps a run of this name; `onSaved` is told the first time. */
  options(name: string, takeOver: boolean, onSaved: () => void): BackupOptions {
    let told = false;
    return {
      url: modelUrl(name),
      takeOver,
      onSaved: ({ savedAt }) => {
        this.at = savedAt;
        this.problem = undefined;
        this.#tried?.();
        if (!told) onSaved();
        told = true;
      },
      onError: (error) => {
        this.problem = problemOf(error);
        this.#tried?.();
      },
    };
  }

  /** Tries to keep a run once more: it is, when it is held. */
  async again(fit: Run, isPaused: () => boolean): Promise<void> {
    if (isPaused()) await fit.resume();
    const tried = new Promise<void>((resolve) => {
      this.#tried = resolve;
      setTimeout(resolve, PATIENCE);
    });
    await fit.pause();
    await tried;
    this.#tried = undefined;
    if (!isPaused()) await fit.resume();
  }
}
