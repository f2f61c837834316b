/** Models in IndexedDB: what is known of them, and their files, always written together. */
import { TabgradError } from "../../errors.js";
import type { SavedModel } from "../../types/storage.js";
import { storeUrl } from "../../urls.js";
import type { Database } from "./database.js";
import type { Store, StoredFile } from "./store.js";

const BOTH: ("models" | "weights")[] = ["models", "weights"];

/** The store of a browser. */
export class IndexedDbStore implements Store {
  #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save({ record, file }: StoredFile, overwrite: boolean): Promise<void> {
    const { name } = record;
    const what = `saving "${name}" (${file.byteLength} bytes)`;
    await this.#database.write(what, BOTH, "strict", async (writing) => {
      if (!overwrite && (await writing.get("models", name)) !== undefined) {
        throw new TabgradError("argument", `There is a model "${name}" already.`);
      }
      writing.put("models", record, name);
      writing.put("weights", file, name);
    });
  }

  async load(name: string): Promise<StoredFile> {
    return this.#database.read(`loading "${name}"`, BOTH, async (reading) => {
      const [record, file] = await Promise.all([reading.get("models", name), reading.get("weights", name)]);
      if (!record || !file) throw missing(name, await reading.keys("models"));
      return { record, file };
    });
  }

  async list(): Promise<SavedModel[]> {
    return this.#database.read("listing the models", ["models"], (reading) => reading.all("models"));
  }

  async remove(name: string): Promise<void> {
    await this.#database.write(`removing "${name}"`, BOTH, "default", async (writing) => {
      if ((await writing.get("models", name)) === undefined)
        throw missing(name, await writing.keys("models"));
      writing.delete("models", name);
      writing.delete("weights", name);
    });
  }

  async copy(from: string, to: string, move: boolean): Promise<void> {
    if (from === to) return;
    const what = `${move ? "renaming" : "copying"} "${from}"`;
    await this.#database.write(what, BOTH, "strict", async (writing) => {
      const [record, file] = await Promise.all([writing.get("models", from), writing.get("weights", from)]);
      if (!record || !file) throw missing(from, await writing.keys("models"));
      writing.put("models", { ...record, name: to, url: storeUrl(to) }, to);
      writing.put("weights", file, to);
      if (!move) return;
      writing.delete("models", from);
      writing.delete("weights", from);
    });
  }

  async usage() {
    const models = (await this.list()).reduce((sum, { bytes }) => sum + bytes, 0);
    const storage = globalThis.navigator?.storage;
    const estimate = await storage?.estimate?.().catch(() => undefined);
    const persisted = (await storage?.persisted?.().catch(() => false)) ?? false;
    return { models, used: estimate?.usage, quota: estimate?.quota, persisted };
  }
}

function missing(name: string, names: readonly string[]): TabgradError {
  const found =
    names.length === 0 ? "no model is saved here" : `saved here are ${names.map((n) => `"${n}"`).join(", ")}`;
  return new TabgradError("notFound", `There is no model "${name}"; ${found}.`);
}
