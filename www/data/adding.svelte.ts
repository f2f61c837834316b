import type { ReadProgress } from "tabgrad";
import type { Choices } from "../shared/page-db";
import { codeOf } from "../shared/problem";
import type { Parts } from "./entry.svelte";
import { readFiles } from "./files";
import { BEGUN } from "./progress";
import type { PathBlob } from "./sort-out";

/** Files on their way to become a dataset. */
export class Adding {
  readonly name: string;
  readonly files: readonly PathBlob[];
  readonly choices: Choices;
  /** Whether it takes the place of the dataset that has its name. */
  readonly overwrite: boolean;
  progress = $state.raw<ReadProgress>(BEGUN);
  #controller = new AbortController();

  constructor(name: string, files: readonly PathBlob[], choices: Choices = {}, overwrite = false) {
    this.name = name;
    this.files = files;
    this.choices = choices;
    this.overwrite = overwrite;
  }

  cancel(): void {
    this.#controller.abort();
  }

  /** Its samples, kept under its name where the browser can do that; where it cannot, in memory only. */
  async read(): Promise<Parts> {
    const options = {
      ...this.choices,
      signal: this.#controller.signal,
      onProgress: (progress: ReadProgress) => {
        this.progress = progress;
      },
    };
    try {
      return await readFiles(this.files, options, this.name, this.overwrite);
    } catch (error) {
      // Private windows, and browsers without a file system of the page's own.
      if (codeOf(error) !== "storage") throw error;
      return readFiles(this.files, options);
    }
  }
}
