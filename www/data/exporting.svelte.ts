import type { ExportOptions } from "tabgrad";
import type { Entry } from "./entry.svelte";
import { keptSamples } from "./parts";
import { Work } from "./work.svelte";

/** A dataset on its way to a zip archive: the samples that are kept, in the folders of the classes they have now. */
export class Exporting extends Work {
  readonly #entry: Entry;

  constructor(entry: Entry) {
    super();
    this.#entry = entry;
  }

  get name(): string {
    return this.#entry.name;
  }

  override cancel(): void {
    super.cancel();
    this.#entry.cancel();
  }

  /** Nothing if it was stopped or failed. */
  run(): Promise<Blob | undefined> {
    return this.follow(async (options) => {
      await this.#entry.load();
      const { data, ...parts } = await keptSamples(this.#entry);
      const archive = data.export({ ...parts, ...columnsOf(this.#entry), ...options });
      if (data !== this.#entry.train) data.dispose();
      return archive;
    });
  }
}

/** The columns that texts came from, which their edited copy does not know. */
function columnsOf({ look, report: { table } }: Entry): Pick<ExportOptions, "columns"> {
  if (!table || look !== "texts") return {};
  const text = table.columns.find(({ use }) => use === "input")?.name;
  return { columns: { text, target: table.target } };
}
