import type { DataReport } from "tabgrad";
import type { Entry } from "./entry.svelte";
import { Work } from "./work.svelte";

/** Looks at every sample of a dataset. */
class Examination extends Work {
  readonly #entry: Entry;
  /** Its samples are counted as the entry counts them. */
  report = $state.raw<DataReport | undefined>();

  constructor(entry: Entry) {
    super();
    this.#entry = entry;
  }

  get name(): string {
    return this.#entry.name;
  }

  async run(): Promise<void> {
    const { train, test } = this.#entry;
    if (!train) return;
    const report = await this.follow((options) => train.examine({ ...(test ? { test } : {}), ...options }));
    if (report) this.report = report;
  }
}

const examinations = new WeakMap<Entry, Examination>();

/** The examination of an entry, with what it found. */
export function examinationOf(entry: Entry): Examination {
  const examination = examinations.get(entry) ?? new Examination(entry);
  examinations.set(entry, examination);
  return examination;
}
