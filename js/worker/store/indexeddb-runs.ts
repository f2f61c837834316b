/** Runs in IndexedDB. */
import type { KeptRun } from "../../types/storage.js";
import { storeUrl } from "../../urls.js";
import type { Connection, Database } from "./database.js";
import {
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
  takenOver,
} from "./runs.js";

const STORES = ["runs", "runParts"] as const;

/** The parts of a run's slot. */
const partRange = (name: string, slot: number) =>
  IDBKeyRange.bound([name, slot, 0], [name, slot, Number.POSITIVE_INFINITY]);

/** The runs of a browser. */
export class IndexedDbRuns implements RunStore {
  #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(name: string, owner: string): Promise<StoredRun | undefined> {
    return this.#database.run(`beginning the run "${name}"`, async (database) => {
      const transaction = database.transaction("runs", "readwrite", { durability: "strict" });
      const entry = await transaction.store.get(name);
      const slots = entry?.slots ?? [undefined, undefined];
      await Promise.all([transaction.store.put({ owner, slots }, name), transaction.done]);
      return this.#whole(database, name, slots);
    });
  }

  async save(name: string, owner: string, file: Uint8Array, state: RunState): Promise<RunSlot> {
    const parts = partsOf(file);
    return this.#database.run(`keeping the run "${name}" (${file.byteLength} bytes)`, async (database) => {
      const transaction = database.transaction(STORES, "readwrite", { durability: "strict" });
      const [runs, files] = [transaction.objectStore("runs"), transaction.objectStore("runParts")];
      const entry = await runs.get(name);
      if (entry && entry.owner !== owner) throw takenOver(name);
      const slots = entry?.slots ?? [undefined, undefined];
      const [last] = latestFirst(slots);
      const at = last !== undefined && last === slots[0] ? 1 : 0;
      const slot = slotOf(last, file, parts, state);
      slots[at] = slot;
      await Promise.all([
        files.delete(partRange(name, at)),
        ...parts.map((part, number) => files.put(part, [name, at, number])),
        runs.put({ owner, slots }, name),
        transaction.done,
      ]);
      return slot;
    });
  }

  async load(name: string): Promise<StoredRun> {
    return this.#database.run(`loading the run "${name}"`, async (database) => {
      const entry = await database.get("runs", name);
      const run = entry && (await this.#whole(database, name, entry.slots));
      if (!run) throw noRun(name, await database.getAllKeys("runs"));
      return run;
    });
  }

  async list(): Promise<KeptRun[]> {
    return this.#database.run("listing the runs", async (database) => {
      const transaction = database.transaction("runs");
      const [names, entries] = await Promise.all([
        transaction.store.getAllKeys(),
        transaction.store.getAll(),
      ]);
      const runs = entries.map(({ slots }, index) => {
        const name = names[index] as string;
        return keptRun(name, storeUrl(name), slots);
      });
      return runs.filter((run) => run !== undefined);
    });
  }

  async remove(name: string): Promise<void> {
    await this.#database.run(`removing the run "${name}"`, async (database) => {
      const transaction = database.transaction(STORES, "readwrite");
      const runs = transaction.objectStore("runs");
      if ((await runs.getKey(name)) === undefined) throw noRun(name, await runs.getAllKeys());
      const files = transaction.objectStore("runParts");
      await Promise.all([
        runs.delete(name),
        files.delete(partRange(name, 0)),
        files.delete(partRange(name, 1)),
        transaction.done,
      ]);
    });
  }

  #whole(database: Connection, name: string, slots: readonly (RunSlot | undefined)[]) {
    return firstWhole(name, latestFirst(slots), (slot) =>
      database.getAll("runParts", partRange(name, slots.indexOf(slot))),
    );
  }
}
