import type { ReadProgress } from "tabgrad";
import { explain, isAbort } from "../shared/problem";
import type { Entry } from "./entry.svelte";
import { keptSamples } from "./parts";
import { BEGUN } from "./progress";

/** A dataset on its way to a zip archive: the samples that are kept, in the folders of the classes they have now. */
export class Exporting {
  readonly #entry: Entry;
  progress = $state.raw<ReadProgress>(BEGUN);
  problem = "";
  #controller = new AbortController();

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  get name(): string {
    return this.#entry.name;
  }

  cancel(): void {
    this.#controller.abort();
    this.#entry.cancel();
  }

  /** Nothing if it was stopped or failed. */
  async run(): Promise<Blob | undefined> {
    try {
      await this.#entry.load();
      const samples = await keptSamples(this.#entry);
      const archive = samples.export({
        signal: this.#controller.signal,
        onProgress: (progress) => {
          this.progress = progress;
        },
      });
      if (samples !== this.#entry.train) samples.dispose();
      return await archive;
    } catch (error) {
      if (!isAbort(error)) this.problem = explain(error);
      return undefined;
    }
  }
}
