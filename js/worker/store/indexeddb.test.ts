import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TabgradError } from "../../errors.js";
import type { SavedModel } from "../../types/storage.js";
import { Database } from "./database.js";
import { failAt, failNoMore, injected } from "./faults.js";
import { IndexedDbStore } from "./indexeddb.js";
import { IndexedDbRuns } from "./indexeddb-runs.js";
import type { RunState } from "./runs.js";
import type { StoredFile } from "./store.js";

/** A model that was trained so long. */
function model(name: string, epochs: number): StoredFile {
  const record: SavedModel = {
    name,
    url: `indexeddb://${name}`,
    bytes: 3,
    savedAt: new Date(epochs),
    parameters: 7,
    inputShape: [2],
    classNames: [],
    metrics: { loss: 1 / epochs },
    epochs,
    includesOptimizer: false,
  };
  return { record, file: Uint8Array.of(epochs, 2, 3) };
}

/** All that a database has, by store and key. */
async function everything(): Promise<Record<string, Record<string, unknown>>> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("tabgrad");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const answer = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve) => {
      request.onsuccess = () => resolve(request.result);
    });
  const found: Record<string, Record<string, unknown>> = {};
  for (const name of database.objectStoreNames) {
    const store = database.transaction(name).objectStore(name);
    const [keys, values] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
    found[name] = Object.fromEntries(keys.map((key, index) => [String(key), values[index]]));
  }
  database.close();
  return found;
}

let restore = () => {};
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  restore = injected();
});
afterEach(() => {
  failNoMore();
  restore();
});

const state: RunState = {
  epoch: 1,
  batch: 0,
  epochs: 9,
  state: "unfinished",
  classNames: [],
  history: {},
  completed: 1,
  callbacks: [],
  stopped: false,
};

/** What is written, over what is there: the models "a" and "b", and the run "r", kept twice. */
const writes: Record<string, (models: IndexedDbStore, runs: IndexedDbRuns) => Promise<unknown>> = {
  "saving over a model": (models) => models.save(model("a", 9), true),
  "saving a new model": (models) => models.save(model("c", 9), false),
  "copying a model": (models) => models.copy("a", "b", false),
  "renaming a model": (models) => models.copy("a", "c", true),
  "removing a model": (models) => models.remove("a"),
  "keeping a run": (_, runs) => runs.save("r", "me", new Uint8Array((8 << 20) + 1), state),
  "removing a run": (_, runs) => runs.remove("r"),
};

describe.each(Object.entries(writes))("%s", (_, write) => {
  it.each([
    ["DataCloneError", "throws", "tooLarge"],
    ["QuotaExceededError", "throws", "quota"],
    ["UnknownError", "aborts", "storage"],
  ] as const)("is done or not, whatever call fails by %s, which %s", async (name, way, code) => {
    let [faults, refusals] = [0, 0];
    for (let call = 1; ; call += 1) {
      globalThis.indexedDB = new IDBFactory();
      const database = new Database();
      const [models, runs] = [new IndexedDbStore(database), new IndexedDbRuns(database)];
      await models.save(model("a", 1), true);
      await models.save(model("b", 2), true);
      await runs.claim("r", "me");
      for (const epoch of [1, 2]) await runs.save("r", "me", Uint8Array.of(epoch), { ...state, epoch });
      const found = await everything();
      failAt(call, name, way);
      const error = await write(models, runs).then(
        () => undefined,
        (error: TabgradError) => error,
      );
      const failed = failNoMore();
      const after = await everything();
      if (error) {
        refusals += 1;
        expect(error.code).toBe(code);
        expect(after).toEqual(found);
      } else {
        expect(after).not.toEqual(found);
      }
      if (!failed) break;
      faults += 1;
    }
    expect(faults).toBeGreaterThan(3);
    // A transaction that turns out to be over is tried once more.
    expect(refusals).toBeGreaterThan(way === "throws" ? 2 : 0);
  });
});

/** What is asked of what is there: the models "a" and "b", and the run "r", kept twice. */
const questions: Record<string, (models: IndexedDbStore, runs: IndexedDbRuns) => Promise<unknown>> = {
  "loading a model": (models) => models.load("a"),
  "listing models": (models) => models.list(),
  "claiming a run": (_, runs) => runs.claim("r", "me"),
  "loading a run": (_, runs) => runs.load("r"),
  "listing runs": (_, runs) => runs.list(),
};

describe.each(Object.entries(questions))("%s", (_, ask) => {
  it.each([
    ["SecurityError", "throws"],
    ["UnknownError", "throws"],
    ["InvalidStateError", "throws"],
    ["AbortError", "aborts"],
  ] as const)("is answered or refused, whatever call fails by %s, which %s", async (name, way) => {
    globalThis.indexedDB = new IDBFactory();
    const before = new Database();
    const [models, runs] = [new IndexedDbStore(before), new IndexedDbRuns(before)];
    for (const [at, name] of ["a", "b"].entries()) await models.save(model(name, at + 1), true);
    await runs.claim("r", "me");
    for (const epoch of [1, 2]) await runs.save("r", "me", Uint8Array.of(epoch), { ...state, epoch });
    const answer = await ask(models, runs);
    const found = await everything();
    for (let call = 1; ; call += 1) {
      // One that has to be opened first.
      const database = new Database();
      const asked = () => ask(new IndexedDbStore(database), new IndexedDbRuns(database));
      failAt(call, name, way);
      const result = await asked().catch((error: TabgradError) => error);
      const failed = failNoMore();
      if (result instanceof Error) expect(result).toMatchObject({ name: "TabgradError", code: "storage" });
      else expect(result).toEqual(answer);
      expect(await everything()).toEqual(found);
      expect(await asked()).toEqual(answer);
      if (!failed) {
        expect(call).toBeGreaterThan(3);
        break;
      }
    }
  });
});
