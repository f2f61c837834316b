import type { ReadOptions, ReadProgress } from "tabgrad";
import { explain, isAbort } from "../shared/problem";
import { BEGUN } from "./progress";

/** Something about a dataset that takes a while: how far it is, a way to stop it, and what went wrong. */
export class Work {
  progress = $state.raw<ReadProgress>(BEGUN);
  running = $state(false);
  problem = $state("");
  #controller = new AbortController();

  cancel(): void {
    this.#controller.abort();
  }

  /** Does it, with the options by which it is followed and stopped; nothing if it was stopped or failed. */
  protected async follow<T>(act: (options: Required<ReadOptions>) => Promise<T>): Promise<T | undefined> {
    this.running = true;
    this.problem = "";
    this.progress = BEGUN;
    this.#controller = new AbortController();
    try {
      return await act({
        signal: this.#controller.signal,
        onProgress: (progress) => {
          this.progress = progress;
        },
      });
    } catch (error) {
      if (!isAbort(error)) this.problem = explain(error);
      return undefined;
    } finally {
      this.running = false;
    }
  }
}
