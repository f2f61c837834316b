import type { DataReport, ReadProgress } from "tabgrad";
import { explain, isAbort } from "../shared/problem";
import type { Entry } from "./entry.svelte";
import { BEGUN } from "./progress";

/** Looks at every sample of a dataset. */
class Examination {
  readonly #entry: Entry;
  progress = $state.raw<ReadProgress>(BEGUN);
  running = $state(false);
  problem = $state("");
  /** Its samples are counted as the entry counts them. */
  report = $state.raw<DataReport | undefined>();
  #controller = new AbortController();

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  get name(): string {
    return this.#entry.name;
  }

  cancel(): void {
    this.#controller.abort();
  }

  async run(): Promise<void> {
    const { train, test } = this.#entry;
    if (!train) return;
    this.running = true;
    this.problem = "";
    this.progress = BEGUN;
    this.#controller = new AbortController();
    try {
      this.report = await train.examine({
        ...(test ? { test } : {}),
        signal: this.#controller.signal,
        onProgress: (progress) => {
          this.progress = progress;
        },
      });
    } catch (error) {
      if (!isAbort(error)) this.problem = explain(error);
    }
    this.running = false;
  }
}

const examinations = new WeakMap<Entry, Examination>();

/** The examination of an entry, with what it found. */
export function examinationOf(entry: Entry): Examination {
  const examination = examinations.get(entry) ?? new Examination(entry);
  examinations.set(entry, examination);
  return examination;
}
