import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TabgradError } from "../../errors.js";
import { Database } from "./database.js";
import { failAt, failNoMore, injected, mayFail } from "./faults.js";
import { IndexedDbStore } from "./indexeddb.js";
import { IndexedDbRuns } from "./indexeddb-runs.js";
import { RunFiles } from "./run-files.js";
import { NotClaimed, type RunState, type RunStore } from "./runs.js";

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const failing = <T extends (...args: never[]) => Promise<unknown>>(call: T) =>
    (async (...args: Parameters<T>) => {
      mayFail();
      return call(...args);
    }) as unknown as T;
  return {
    ...real,
    readFile: failing(real.readFile as never),
    rename: failing(real.rename),
    open: failing(async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args);
      const { writeFile, sync } = file;
      file.writeFile = failing(writeFile.bind(file) as never);
      file.sync = failing(sync.bind(file));
      return file;
    }),
  };
});

const state = (epoch: number): RunState => ({
  epoch,
  batch: 3,
  epochs: 9,
  state: "unfinished",
  classNames: ["a", "__proto__"],
  history: { loss: Array.from({ length: epoch }, (_, at) => at) },
  completed: epoch,
  callbacks: [undefined, { best: Number.NaN, weights: new Float32Array([epoch]) }],
  stopped: false,
});

/** A file that differs in every epoch. */
const file = (epoch: number, bytes = 100) => new Uint8Array(bytes).map((_, at) => (at * 7 + epoch) % 251);

let folder = "";
beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  folder = await mkdtemp(join(tmpdir(), "tabgrad-runs-"));
});
afterEach(async () => {
  failNoMore();
  await rm(folder, { recursive: true });
});

/** Of the calls in claiming a run, the first whose failure leaves its states known, and the first that reads their files. */
const stores = {
  IndexedDB: {
    make: (): RunStore => new IndexedDbRuns(new Database()),
    name: () => "digits",
    known: 4,
    read: 7,
  },
  files: {
    make: (): RunStore => new RunFiles(),
    name: () => pathToFileURL(join(folder, "run")).href,
    known: 1,
    read: 5,
  },
};

const codeOf = (error: unknown) => (error as TabgradError).code;

describe.each(Object.entries(stores))("runs in %s", (_, { make, name, known, read }) => {
  it("are there again as they were kept last", async () => {
    const runs = make();
    expect(await runs.claim(name(), "me")).toBeUndefined();
    for (const epoch of [0, 1, 2]) {
      await runs.save(name(), "me", file(epoch), state(epoch));
      const { slot, file: found, damaged } = await make().load(name());
      expect([...found]).toEqual([...file(epoch)]);
      expect(slot.state).toEqual(state(epoch));
      expect([slot.generation, slot.bytes, damaged]).toEqual([epoch + 1, 100, undefined]);
    }
    await runs.remove(name());
    const error = await runs.load(name()).catch((error) => error);
    expect(codeOf(error)).toBe("notFound");
    expect(codeOf(await runs.remove(name()).catch((error) => error))).toBe("notFound");
  });

  it("have the note of their last state", async () => {
    const [runs, note] = [make(), { plan: { epochs: 9 }, made: new Date(7) }];
    await runs.claim(name(), "me");
    for (const noted of [{}, { note: "first" }, { note }]) {
      await runs.save(name(), "me", file(1), { ...state(1), ...noted });
      const { slot } = await make().load(name());
      expect(slot.state).toEqual({ ...state(1), ...noted });
      // Files are listed nowhere.
      for (const run of await runs.list()) expect(run.note).toEqual(slot.state.note);
    }
  });

  it("name what cannot be stored of a program, and stay as they were", async () => {
    const runs = make();
    await runs.claim(name(), "me");
    await runs.save(name(), "me", file(1), state(1));
    // Stands for what can be cloned but not stored, as shared memory.
    const odd = { best: () => 1 };
    for (const [given, words] of [
      [{ callbacks: [1, odd] }, /^fit: callbacks\[1\]\.state\(\) cannot be stored \(.+\), expected /],
      [{ note: odd }, /^fit: backup\.note cannot be stored \(.+\), expected /],
    ] as const) {
      const error = await runs
        .save(name(), "me", file(2), { ...state(2), ...given, callbacks: [...(given.callbacks ?? [])] })
        .catch((error) => error);
      expect([codeOf(error), error.message]).toEqual(["argument", expect.stringMatching(words)]);
      expect((await make().load(name())).slot.state.epoch).toBe(1);
    }
  });

  it("are large", async () => {
    const runs = make();
    await runs.claim(name(), "me");
    const large = file(5, (17 << 20) + 3);
    await runs.save(name(), "me", large, state(5));
    expect(Buffer.compare((await runs.load(name())).file, large)).toBe(0);
    // What is shorter leaves nothing of it.
    for (const epoch of [6, 7]) await runs.save(name(), "me", file(epoch), state(epoch));
    expect((await runs.load(name())).file.byteLength).toBe(100);
  });

  it("belong to one", async () => {
    const [first, second] = [make(), make()];
    await first.claim(name(), "first");
    await first.save(name(), "first", file(1), state(1));
    expect((await second.claim(name(), "second"))?.slot.state.epoch).toBe(1);
    const error = await first.save(name(), "first", file(2), state(2)).catch((error) => error);
    expect(codeOf(error)).toBe("busy");
    await second.save(name(), "second", file(3), state(3));
    expect((await second.load(name())).slot.state.epoch).toBe(3);
  });

  it.each([undefined, "finished", "unfinished", "trained"] as const)(
    "are not begun over what was %s, whatever call of claiming fails",
    async (before) => {
      const restore = injected();
      try {
        const runs = make();
        await runs.claim(name(), "me");
        if (before) await runs.save(name(), "me", file(1), { ...state(1), state: before });
        const isOpen = before === "unfinished" || before === "trained";
        for (let call = 1; ; call += 1) {
          failAt(call, "QuotaExceededError");
          const found = await runs.claim(name(), "me").catch((error) => error);
          if (!failNoMore()) {
            expect(found?.slot.state.state).toBe(before);
            break;
          }
          expect(codeOf(found)).toMatch(/quota|storage/);
          expect(found instanceof NotClaimed).toBe(call < (isOpen ? known : read));
          if (before) expect((await make().load(name())).slot.state.state).toBe(before);
        }
      } finally {
        restore();
      }
    },
  );

  it.each(["QuotaExceededError", "AbortError", "UnknownError"])(
    "keep a whole state whatever call fails by %s",
    async (kind) => {
      const restore = injected();
      try {
        let faults = 0;
        for (let call = 1; ; call += 1) {
          globalThis.indexedDB = new IDBFactory();
          await rm(folder, { recursive: true });
          await mkdir(folder);
          const runs = make();
          await runs.claim(name(), "me");
          await runs.save(name(), "me", file(1), state(1));
          failAt(call, kind);
          const saved = await runs.save(name(), "me", file(2), state(2)).then(
            () => true,
            (error) => {
              expect(codeOf(error)).toMatch(/quota|storage/);
              return false;
            },
          );
          const failed = failNoMore();
          const { slot, file: found } = await make().load(name());
          expect([...found]).toEqual([...file(slot.state.epoch)]);
          expect(slot.state.epoch).toBe(saved ? 2 : 1);
          // The next time it is kept again.
          await runs.save(name(), "me", file(3), state(3));
          expect((await make().load(name())).slot.state.epoch).toBe(3);
          if (!failed) break;
          faults += 1;
        }
        expect(faults).toBeGreaterThan(3);
      } finally {
        restore();
      }
    },
  );
});

describe("files of runs", () => {
  it("are claimed by one of those who do so at the same time", async () => {
    const [runs, url] = [new RunFiles(), stores.files.name()];
    const owners = Array.from({ length: 8 }, (_, at) => `owner ${at}`);
    await Promise.all(owners.map((owner) => runs.claim(url, owner)));
    const saves = owners.map((owner) => runs.save(url, owner, file(1), state(1)).catch(codeOf));
    const found = await Promise.all(saves);
    expect(found.filter((one) => one === "busy")).toHaveLength(7);
    expect(await readdir(folder)).toEqual(["run.0", "run.owner"]);
  });

  it("need their folder", async () => {
    const path = join(folder, "missing", "run");
    const error = await new RunFiles().claim(pathToFileURL(path).href, "me").catch((error) => error);
    const words = `${path}.owner cannot be written: there is no folder ${join(folder, "missing")}.`;
    expect([codeOf(error), error.message]).toEqual(["notFound", words]);
  });
});

describe("damage", () => {
  it("of the later state leaves the one before, and says so", async () => {
    const [runs, url] = [new RunFiles(), stores.files.name()];
    await runs.claim(url, "me");
    for (const epoch of [1, 2]) await runs.save(url, "me", file(epoch), state(epoch));
    const later = join(folder, "run.1");
    const whole = await readFile(later);
    for (const damaged of [whole.subarray(0, whole.length / 2), Buffer.alloc(0), flipped(whole)]) {
      await writeFile(later, damaged);
      expect(await runs.load(url)).toMatchObject({
        slot: { state: { epoch: 1 } },
        damaged: "One of its two states is damaged.",
      });
    }
    // The next state is written over what is damaged.
    await runs.claim(url, "me");
    await runs.save(url, "me", file(3), state(3));
    const { slot, damaged } = await runs.load(url);
    expect([slot.state.epoch, damaged]).toEqual([3, undefined]);
    for (const end of ["0", "1"]) await writeFile(join(folder, `run.${end}`), flipped(whole));
    expect(codeOf(await runs.claim(url, "me").catch((error) => error))).toBe("format");
  });

  it("of parts in IndexedDB is found by their checksums", async () => {
    const [runs, name] = [new IndexedDbRuns(new Database()), "digits"];
    await runs.claim(name, "me");
    for (const epoch of [1, 2]) await runs.save(name, "me", file(epoch), state(epoch));
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open("tabgrad");
      request.onsuccess = () => resolve(request.result);
    });
    const parts = () => database.transaction("runParts", "readwrite").objectStore("runParts");
    parts().put(flipped(file(2)), [name, 1, 0]);
    const { slot, damaged } = await runs.load(name);
    expect(slot.state.epoch).toBe(1);
    expect(damaged).toMatch(/^The state of .* is damaged\.$/);
    parts().delete([name, 0, 0]);
    const error = await runs.load(name).catch((error) => error);
    expect([codeOf(error), error.message]).toEqual([
      "format",
      'The run "digits" is damaged: neither of its two states is what was written. Remove it by removeRun.',
    ]);
    expect(await runs.list()).toMatchObject([{ name, url: "indexeddb://digits", epoch: 2, bytes: 200 }]);
    database.close();
  });

  it("by a newer version is not taken for one", async () => {
    const [runs, url] = [new RunFiles(), stores.files.name()];
    await runs.claim(url, "me");
    await runs.save(url, "me", file(1), state(1));
    const { serialize } = await import("node:v8");
    const { checksum } = await import("../backup/checksum.js");
    const content = serialize({ slot: { format: 99, generation: 9, savedAt: new Date() }, file: file(1) });
    await writeFile(join(folder, "run.1"), Buffer.concat([Buffer.from(checksum(content)), content]));
    const error = await runs.load(url).catch((error) => error);
    expect([codeOf(error), error.message]).toEqual(["storage", expect.stringContaining("newer version")]);
  });

  it("by a database that was deleted under us is made good by the next state", async () => {
    const runs = new IndexedDbRuns(new Database());
    await runs.claim("digits", "me");
    await runs.save("digits", "me", file(1), state(1));
    await new Promise((resolve) => {
      indexedDB.deleteDatabase("tabgrad").onsuccess = resolve;
    });
    await runs.save("digits", "me", file(2), state(2));
    expect((await runs.load("digits")).slot.state.epoch).toBe(2);
  });
});

/** Files and databases of every version are read for ever: a new one gets a test beside these, which stay. */
describe("what older versions kept", () => {
  it("is there in a database of version 1", async () => {
    const record = { name: "digits", url: "indexeddb://digits", bytes: 3, parameters: 7 };
    await new Promise<void>((resolve) => {
      const opening = indexedDB.open("tabgrad", 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("models");
        opening.result.createObjectStore("weights");
      };
      opening.onsuccess = () => {
        const transaction = opening.result.transaction(["models", "weights"], "readwrite");
        transaction.objectStore("models").put(record, "digits");
        transaction.objectStore("weights").put(Uint8Array.of(1, 2, 3), "digits");
        transaction.oncomplete = () => {
          opening.result.close();
          resolve();
        };
      };
    });
    const database = new Database();
    const models = new IndexedDbStore(database);
    expect(await models.load("digits")).toEqual({ record, file: Uint8Array.of(1, 2, 3) });
    const runs = new IndexedDbRuns(database);
    expect(await runs.list()).toEqual([]);
    await runs.claim("digits", "me");
    await runs.save("digits", "me", file(1), state(1));
    expect((await runs.load("digits")).slot.state.epoch).toBe(1);
  });

  it("is there in a file of format 1", async () => {
    await copyFile(new URL("fixtures/run-1.bin", import.meta.url), join(folder, "run.0"));
    const { slot, file: found } = await new RunFiles().load(stores.files.name());
    expect([...found]).toEqual([...file(4)]);
    expect(slot).toMatchObject({ format: 1, generation: 1, state: state(4) });
  });

  it("is not what a newer version has", async () => {
    await new Promise<void>((resolve) => {
      const opening = indexedDB.open("tabgrad", 99);
      opening.onsuccess = () => {
        opening.result.close();
        resolve();
      };
    });
    const error = await new IndexedDbRuns(new Database()).list().catch((error) => error);
    expect([codeOf(error), error.message]).toEqual(["storage", expect.stringContaining("newer version")]);
  });
});

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length >> 1] = (copy[copy.length >> 1] as number) ^ 4;
  return copy;
}
