/** Models in IndexedDB: what is known of them, and their files, always written together. */
import { TabgradError } from "../../errors.js";
import type { SavedModel } from "../../types/storage.js";
import { storeUrl } from "../../urls.js";
import type { Connection, Database } from "./database.js";
import type { Store, StoredFile } from "./store.js";

/** The store of a browser. */
export class IndexedDbStore implements Store {
  #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save({ record, file }: StoredFile, overwrite: boolean): Promise<void> {
    await this.#database.run(`saving "${record.name}" (${file.byteLength} bytes)`, async (database) => {
      const transaction = database.transaction(["models", "weights"], "readwrite", { durability: "strict" });
      const models = transaction.objectStore("models");
      if (!overwrite && (await models.getKey(record.name)) !== undefined) {
        throw new TabgradError("argument", `There is a model "${record.name}" already.`);
      }
      await Promise.all([
        models.put(record, record.name),
        transaction.objectStore("weights").put(file, record.name),
        transaction.done,
      ]);
    });
  }

  async load(name: string): Promise<StoredFile> {
    return this.#database.run(`loading "${name}"`, async (database) => {
      const transaction = database.transaction(["models", "weights"]);
      const [record, file] = await Promise.all([
        transaction.objectStore("models").get(name),
        transaction.objectStore("weights").get(name),
      ]);
      if (!record || !file) throw await this.#missing(name, database);
      return { record, file };
    });
  }

  async list(): Promise<SavedModel[]> {
    return this.#database.run("listing the models", (database) => database.getAll("models"));
  }

  async remove(name: string): Promise<void> {
    await this.#database.run(`removing "${name}"`, async (database) => {
      const transaction = database.transaction(["models", "weights"], "readwrite");
      if ((await transaction.objectStore("models").getKey(name)) === undefined) {
        throw await this.#missing(name, database);
      }
      await Promise.all([
        transaction.objectStore("models").delete(name),
        transaction.objectStore("weights").delete(name),
        transaction.done,
      ]);
    });
  }

  async copy(from: string, to: string, move: boolean): Promise<void> {
    if (from === to) return;
    await this.#database.run(`${move ? "renaming" : "copying"} "${from}"`, async (database) => {
      const transaction = database.transaction(["models", "weights"], "readwrite");
      const models = transaction.objectStore("models");
      const weights = transaction.objectStore("weights");
      const [record, file] = await Promise.all([models.get(from), weights.get(from)]);
      if (!record || !file) throw await this.#missing(from, database);
      await Promise.all([
        models.put({ ...record, name: to, url: storeUrl(to) }, to),
        weights.put(file, to),
        ...(move ? [models.delete(from), weights.delete(from)] : []),
        transaction.done,
      ]);
    });
  }

  async usage() {
    const models = (await this.list()).reduce((sum, { bytes }) => sum + bytes, 0);
    const storage = globalThis.navigator?.storage;
    const estimate = await storage?.estimate?.().catch(() => undefined);
    const persisted = (await storage?.persisted?.().catch(() => false)) ?? false;
    return { models, used: estimate?.usage, quota: estimate?.quota, persisted };
  }

  async #missing(name: string, database: Connection): Promise<TabgradError> {
    const names = await database.getAllKeys("models");
    const found =
      names.length === 0
        ? "no model is saved here"
        : `saved here are ${names.map((n) => `"${n}"`).join(", ")}`;
    return new TabgradError("notFound", `There is no model "${name}"; ${found}.`);
  }
}
