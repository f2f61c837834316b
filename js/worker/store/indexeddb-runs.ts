/** Runs in IndexedDB. */
import type { KeptRun } from "../../types/storage.js";
import { storeUrl } from "../../urls.js";
import type { Database, Reading, StoredRunEntry } from "./database.js";
import {
  claimError,
  firstWhole,
  keptRun,
  latestFirst,
  noRun,
  partsOf,
  type RunSlot,
  type RunState,
  type RunStore,
  type StoredRun,
  slotOf,
  stateError,
  takenOver,
} from "./runs.js";

const STORES: ("runs" | "runParts")[] = ["runs", "runParts"];

/** The parts of a run's slot. */
const partRange = (name: string, slot: number) =>
  IDBKeyRange.bound([name, slot, 0], [name, slot, Number.POSITIVE_INFINITY]);

const noSlots = (): Pick<StoredRunEntry, "slots"> => ({ slots: [undefined, undefined] });

/** The runs of a browser. */
export class IndexedDbRuns implements RunStore {
  #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(name: string, owner: string): Promise<StoredRun | undefined> {
    const what = `beginning the run "${name}"`;
    let { slots } = noSlots();
    try {
      await this.#database.write(what, ["runs"], "strict", async (writing) => {
        ({ slots } = (await writing.get("runs", name)) ?? noSlots());
        writing.put("runs", { owner, slots }, name);
      });
    } catch (error) {
      throw claimError(error, slots);
    }
    return this.#database.read(what, ["runParts"], (reading) => this.#whole(reading, name, slots));
  }

  async save(name: string, owner: string, file: Uint8Array, state: RunState): Promise<RunSlot> {
    const parts = partsOf(file);
    const what = `keeping the run "${name}" (${file.byteLength} bytes)`;
    return this.#database.write(what, STORES, "strict", async (writing) => {
      const entry = await writing.get("runs", name);
      if (entry && entry.owner !== owner) throw takenOver(name);
      const { slots } = entry ?? noSlots();
      const [last] = latestFirst(slots);
      const at = last !== undefined && last === slots[0] ? 1 : 0;
      const slot = slotOf(last, file, parts, state);
      slots[at] = slot;
      writing.delete("runParts", partRange(name, at));
      for (const [number, part] of parts.entries()) writing.put("runParts", part, [name, at, number]);
      try {
        writing.put("runs", { owner, slots }, name);
      } catch (error) {
        if (!(error instanceof DOMException && error.name === "DataCloneError")) throw error;
        // The transaction ends with this one, whatever it has taken.
        throw stateError(error, state, (value) => writing.put("runs", value as StoredRunEntry, name));
      }
      return slot;
    });
  }

  async load(name: string): Promise<StoredRun> {
    return this.#database.read(`loading the run "${name}"`, STORES, async (reading) => {
      const entry = await reading.get("runs", name);
      const run = entry && (await this.#whole(reading, name, entry.slots));
      if (!run) throw noRun(name, await reading.keys("runs"));
      return run;
    });
  }

  async list(): Promise<KeptRun[]> {
    return this.#database.read("listing the runs", ["runs"], async (reading) => {
      const [names, entries] = await Promise.all([reading.keys("runs"), reading.all("runs")]);
      const runs = entries.map(({ slots }, index) => {
        const name = names[index] as string;
        return keptRun(name, storeUrl(name), slots);
      });
      return runs.filter((run) => run !== undefined);
    });
  }

  async remove(name: string): Promise<void> {
    await this.#database.write(`removing the run "${name}"`, STORES, "default", async (writing) => {
      if ((await writing.get("runs", name)) === undefined) throw noRun(name, await writing.keys("runs"));
      writing.delete("runs", name);
      for (const slot of [0, 1]) writing.delete("runParts", partRange(name, slot));
    });
  }

  #whole(reading: Reading, name: string, slots: readonly (RunSlot | undefined)[]) {
    return firstWhole(name, latestFirst(slots), (slot) =>
      reading.all("runParts", partRange(name, slots.indexOf(slot))),
    );
  }
}
