/** Runs that are kept by themselves go on after whatever ended them. */
import { expect, type Page, test } from "@playwright/test";
import type * as Tabgrad from "tabgrad";
import { openPage, usePlainPage } from "./plain-page.js";

declare global {
  var kept: (options: KeptOptions) => Promise<{ end: string; resumed: Tabgrad.ResumedRun[] }>;
}

/** What `kept-run.js` takes. */
interface KeptOptions {
  backup?: string | Tabgrad.BackupOptions;
  epochs?: number;
  samples?: number;
  /** The first of the digits that is learned from. */
  from?: number;
  seed?: number;
  onStep?: (report: Tabgrad.BatchReport, model: Tabgrad.Model) => void;
  onRun?: (run: Tabgrad.Run) => void;
  signal?: AbortSignal;
}

const plain = usePlainPage();

/** Opens the page with the run of `kept-run.js`. */
async function open(page: Page): Promise<void> {
  await openPage(page, plain.url);
  await page.evaluate(async () => {
    const { keptRun } = await import(new URL("kept-run.js", location.href).href);
    const digits = await globalThis.digits();
    globalThis.kept = (options) => keptRun(globalThis.tabgrad, digits, options);
  });
}

/** Trains until so many batches are through since it began or went on, and leaves the page as it is then. */
function trainFor(page: Page, batches: number, backup: Tabgrad.BackupOptions): Promise<void> {
  return page.evaluate(
    ([batches, backup]) =>
      new Promise<void>((resolve, reject) => {
        let left = batches;
        const onStep = () => {
          left -= 1;
          if (left === 0) resolve();
        };
        globalThis.kept({ backup, onStep }).then(() => resolve(), reject);
      }),
    [batches, backup] as const,
  );
}

const unbroken = (page: Page) => page.evaluate(async () => (await globalThis.kept({})).end);

const trap = `
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (module, imports) => {
    const { exports } = await instantiate(module, imports);
    const predict = (model, dataset, from, to) => {
      if (to === 3) throw new WebAssembly.RuntimeError("unreachable");
      return exports.model_predict(model, dataset, from, to);
    };
    return { exports: { ...exports, model_predict: predict } };
  };`;

test.beforeEach(({ page }) => open(page));

test("a run that reloads interrupt again and again ends with the same bits", { tag: "@everywhere" }, async ({
  page,
}) => {
  const end = await unbroken(page);
  const backup = { url: "indexeddb://reloaded", everySeconds: 0 };
  for (const batches of [3, 50, 30, 45]) {
    await trainFor(page, batches, backup);
    await open(page);
  }
  const listed = await page.evaluate(() => globalThis.tabgrad.listRuns());
  expect(listed).toMatchObject([
    { name: "reloaded", url: "indexeddb://reloaded", state: "unfinished", epochs: 4 },
  ]);
  const again = await page.evaluate((backup) => globalThis.kept({ backup }), backup);
  expect(again.end).toBe(end);
  // Batches of writing that were under way are lost at most.
  expect(again.resumed[0]?.epoch).toBeGreaterThan(0);
  expect(again.resumed[0]).not.toHaveProperty("damaged");
  const after = await page.evaluate(async () => {
    const { listRuns, loadRun, removeRun } = globalThis.tabgrad;
    const [run] = await listRuns();
    const model = await loadRun("indexeddb://reloaded");
    const epochs = model.history.loss?.length;
    await removeRun("indexeddb://reloaded");
    const gone = await globalThis.failure(() => loadRun("indexeddb://reloaded"));
    return { state: run?.state, epochs, left: (await listRuns()).length, gone };
  });
  expect(after).toMatchObject({ state: "finished", left: 0, gone: { code: "notFound" } });
  expect(after.epochs).toBe(JSON.parse(end).past.loss.length);
});

test("an engine that fails in the middle of a kept run goes on by itself", async ({ page }) => {
  const end = await unbroken(page);
  // Stands for a bug in the engine: predicting exactly three samples traps, as a panic does.
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${trap}\n${await response.text()}` });
  });
  await open(page);
  const again = await page.evaluate(async () => {
    const x = { data: new Uint8Array(3 * 784), shape: [3, 28, 28, 1] };
    let batches = 0;
    const { end, resumed } = await globalThis.kept({
      backup: { url: "indexeddb://failing", everySeconds: 0 },
      onStep: (_, model) => {
        batches += 1;
        if (batches === 60 || batches === 100) void model.predict(x).catch(() => {});
      },
    });
    return { end, resumed: resumed.length };
  });
  expect(again).toEqual({ end, resumed: 2 });
});

test("damage of the last state leaves the one before", async ({ page }) => {
  const end = await unbroken(page);
  await trainFor(page, 70, { url: "indexeddb://damaged", everySeconds: 0 });
  await open(page);
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("tabgrad");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const transaction = database.transaction(["runs", "runParts"], "readwrite");
          const reading = transaction.objectStore("runs").get("damaged");
          reading.onsuccess = () => {
            const [first, second] = reading.result.slots;
            const last = second && second.generation > first.generation ? 1 : 0;
            transaction.objectStore("runParts").put(new Uint8Array(9), ["damaged", last, 0]);
          };
          transaction.oncomplete = () => {
            database.close();
            resolve();
          };
        };
      }),
  );
  const backup = { url: "indexeddb://damaged", everySeconds: 0 };
  const again = await page.evaluate((backup) => globalThis.kept({ backup }), backup);
  expect(again.end).toBe(end);
  expect(again.resumed[0]?.damaged).toMatch(/is damaged/);
});

test("another run under the same name is refused and changes nothing", async ({ page }) => {
  await trainFor(page, 40, { url: "indexeddb://other", everySeconds: 0 });
  await open(page);
  const refused = await page.evaluate(async () => {
    const { failure, kept } = globalThis;
    const backup = "indexeddb://other";
    const other = [{ epochs: 5 }, { seed: 6 }, { samples: 900 }];
    const messages = [];
    for (const options of other) messages.push(await failure(() => kept({ backup, ...options })));
    return messages;
  });
  expect(refused.map(({ code }) => code)).toEqual(["argument", "argument", "argument"]);
  expect(refused[0]?.message).toContain("epochs is 5, expected 4");
  expect(refused[1]?.message).toContain("seed is 6, expected 5");
  expect(refused[2]?.message).toContain("800 samples, found 720");
  const { resumed } = await page.evaluate(() => globalThis.kept({ backup: "indexeddb://other" }));
  expect(resumed).toHaveLength(1);
});

test("one tab trains a run, and another may take it over", { tag: "@everywhere" }, async ({
  page,
  context,
}) => {
  const end = await unbroken(page);
  const other = await context.newPage();
  await open(other);
  const url = "indexeddb://two tabs";
  await page.evaluate(
    (url) =>
      new Promise<void>((resolve) => {
        let run: Tabgrad.Run;
        let batches = 0;
        const first = globalThis.failure(() =>
          globalThis.kept({
            backup: { url, everySeconds: 0 },
            onRun: (own) => {
              run = own;
            },
            onStep: () => {
              batches += 1;
              // It waits, and has the run all the same.
              if (batches === 30) void run.pause().then(resolve);
            },
          }),
        );
        Object.assign(globalThis, { first });
      }),
    url,
  );
  const second = await other.evaluate(async (url) => {
    const refused = await globalThis.failure(() => globalThis.kept({ backup: url }));
    const taken = await globalThis.kept({ backup: { url, takeOver: true } });
    return { refused, end: taken.end };
  }, url);
  const lost = await page.evaluate(() => (globalThis as unknown as { first: Promise<object> }).first);
  expect(second.refused.code).toBe("busy");
  expect(lost).toMatchObject({ code: "busy" });
  expect(second.end).toBe(end);
});

test("a run is kept when it is paused or aborted, and told of", async ({ page }) => {
  const { saved, error } = await page.evaluate(async () => {
    const saved: Tabgrad.BackupReport[] = [];
    const controller = new AbortController();
    let batches = 0;
    const error = await globalThis.failure(() =>
      globalThis.kept({
        backup: { url: "indexeddb://aborted", everySeconds: 3600, onSaved: (report) => saved.push(report) },
        onStep: () => {
          batches += 1;
          if (batches === 25) controller.abort();
        },
        signal: controller.signal,
      }),
    );
    return { saved, error };
  });
  expect(error.code).toBe("aborted");
  // Before the first batch, and at the end.
  expect(saved.map(({ epoch }) => epoch)).toEqual([0, 0]);
  expect(saved[0]?.batch).toBe(0);
  expect(saved[1]?.batch).toBeGreaterThanOrEqual(25);
});

test("a run whose end is missing ends, and the next of its name begins anew", async ({ page }) => {
  // The page is gone between the last batch and the end of `fit`.
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        void globalThis.small().then(({ model, train }) =>
          model.fit(train, {
            backup: "indexeddb://ending",
            callbacks: [{ onTrainEnd: () => new Promise(() => resolve()) }],
          }),
        );
      }),
  );
  await open(page);
  const found = await page.evaluate(async () => {
    const { listRuns } = globalThis.tabgrad;
    const stateOf = async () => (await listRuns()).find(({ name }) => name === "ending")?.state;
    const { model, train } = await globalThis.small();
    const states = [await stateOf()];
    let resumed = 0;
    const options = {
      backup: "indexeddb://ending",
      callbacks: [{}],
      onResumed: () => {
        resumed += 1;
      },
    };
    const { history } = await model.fit(train, options);
    states.push(await stateOf());
    const after = resumed;
    await model.fit(train, options);
    states.push(await stateOf());
    return { states, epochs: history.loss?.length, after, resumed };
  });
  expect(found).toEqual({
    states: ["trained", "finished", "finished"],
    epochs: 1,
    after: 1,
    resumed: 1,
  });
});

/** Makes a kept run one of before, which knows nothing of its data. */
function forgetData(page: Page, name: string): Promise<void> {
  return page.evaluate(
    (name) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("tabgrad");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const transaction = database.transaction("runs", "readwrite");
          const reading = transaction.objectStore("runs").get(name);
          reading.onsuccess = () => {
            const entry = reading.result;
            for (const slot of entry.slots) if (slot) delete slot.state.data;
            transaction.objectStore("runs").put(entry, name);
          };
          transaction.oncomplete = () => {
            database.close();
            resolve();
          };
        };
      }),
    name,
  );
}

test("other data of the same number are refused, and the run goes on with its own", async ({ page }) => {
  const end = await unbroken(page);
  await trainFor(page, 60, { url: "indexeddb://its own data", everySeconds: 0 });
  await open(page);
  const { refused, again } = await page.evaluate(async () => {
    const { failure, kept } = globalThis;
    const backup = "indexeddb://its own data";
    const refused = await failure(() => kept({ backup, from: 500 }));
    return { refused, again: await kept({ backup }) };
  });
  expect(refused.code).toBe("data");
  expect(refused.message).toMatch(
    /the training data are others than those of the run that is kept .* found 800 samples with the checksum [0-9a-f]{16}, expected 800 samples with the checksum [0-9a-f]{16}\. .*removeRun/,
  );
  expect(again.end).toBe(end);
  expect(again.resumed).toHaveLength(1);
});

test("other validation data are refused, and the model is as before", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { failure, small } = globalThis;
    const { model, train, test } = await small();
    const other = await test.subset(Array.from({ length: test.length }, (_, at) => test.length - 1 - at));
    const options = { backup: "indexeddb://measured", epochs: 4 };
    const controller = new AbortController();
    const onEpochEnd = () => controller.abort();
    const aborted = await failure(() =>
      model.fit(train, { ...options, validationData: test, signal: controller.signal, onEpochEnd }),
    );
    const second = (await small()).model;
    const weights = async () => (await second.getWeights()).map(({ data }) => Array.from(data).join());
    const before = await weights();
    const messages = [];
    for (const validation of [{ validationData: other }, { validationSplit: 0.1 }, {}]) {
      messages.push(await failure(() => second.fit(train, { ...options, ...validation })));
    }
    const same = (await weights()).join() === before.join();
    const { history } = await second.fit(train, { ...options, validationData: test });
    return { aborted: aborted.code, messages, same, epochs: history.valLoss?.length };
  });
  expect(found.aborted).toBe("aborted");
  expect(found.messages.map(({ code }) => code)).toEqual(["data", "argument", "data"]);
  expect(found.messages[0]?.message).toContain("the validation data are others");
  expect(found.messages[2]?.message).toContain("found none");
  expect([found.same, found.epochs]).toEqual([true, 4]);
});

test("a run of before, which does not know its data, goes on", async ({ page }) => {
  const end = await unbroken(page);
  await trainFor(page, 60, { url: "indexeddb://before", everySeconds: 0 });
  await open(page);
  await forgetData(page, "before");
  const again = await page.evaluate(() => globalThis.kept({ backup: "indexeddb://before" }));
  expect([again.end, again.resumed.length]).toEqual([end, 1]);
});

test("a run is kept when one asks for it, running and paused", { tag: "@everywhere" }, async ({ page }) => {
  const end = await unbroken(page);
  const asked = await page.evaluate(
    () =>
      new Promise<object>((resolve, reject) => {
        const { listRuns } = globalThis.tabgrad;
        const place = async () => {
          const [run] = (await listRuns()).filter(({ name }) => name === "asked");
          return [run?.epoch, run?.batch];
        };
        let run: Tabgrad.Run;
        let batches = 0;
        const states: (number | undefined)[][] = [];
        const ask = async () => {
          await run.keep();
          states.push(await place());
          await run.pause();
          await run.setLearningRate(0.002);
          await run.setLearningRate(0.004);
          // Two at a time are two.
          await Promise.all([run.keep(), run.keep()]);
          states.push(await place());
          resolve({ states, state: run.state });
        };
        globalThis
          .kept({
            backup: { url: "indexeddb://asked", everySeconds: 3600 },
            onRun: (own) => {
              run = own;
            },
            onStep: () => {
              batches += 1;
              if (batches === 25) void ask().catch(reject);
            },
          })
          .catch(reject);
      }),
  );
  const { states, state } = asked as { states: [number, number][]; state: string };
  expect(state).toBe("paused");
  expect(states[0]?.[1]).toBeGreaterThanOrEqual(25);
  // Epochs of 40 batches.
  const [first = 0, second = -1] = states.map(([epoch, batch]) => 40 * epoch + batch);
  expect(second).toBeGreaterThanOrEqual(first);
  await open(page);
  const again = await page.evaluate(() => globalThis.kept({ backup: "indexeddb://asked" }));
  const [resumed] = again.resumed;
  expect([[resumed?.epoch, resumed?.batch], again.end]).toEqual([states[1], end]);
});

test("keeping a run is refused in words where it cannot be", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { failure, small } = globalThis;
    const { model, train } = await small();
    const unkept = model.fit(train, { epochs: 1 });
    const without = await failure(() => unkept.keep());
    await unkept;
    const kept = model.fit(train, { epochs: 1, backup: "indexeddb://ended" });
    // Before it has begun: it is kept when it has.
    await kept.keep();
    await kept;
    const after = await kept.keep().then(() => "kept");
    const controller = new AbortController();
    const url = "indexeddb://aborted";
    const aborted = model.fit(train, { epochs: 9, backup: url, signal: controller.signal });
    controller.abort();
    const failed = await failure(() => aborted);
    const late = await failure(() => aborted.keep());
    return { without, after, failed: failed.code, late: late.code };
  });
  expect(found.without).toMatchObject({ code: "argument", message: expect.stringContaining("backup") });
  expect(found).toMatchObject({ after: "kept", failed: "aborted", late: "aborted" });
});

test("a run that the disk has no room for says so to who asked for it, and goes on", async ({ page }) => {
  // The first state has room, the others have not.
  const full = `
    const { put } = IDBObjectStore.prototype;
    let parts = 0;
    IDBObjectStore.prototype.put = function (...args) {
      if (this.name === "runParts") parts += 1;
      if (parts > 1) throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, args);
    };`;
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${full}\n${await response.text()}` });
  });
  await open(page);
  const found = await page.evaluate(async () => {
    const { failure, small } = globalThis;
    const { model, train } = await small();
    const errors: string[] = [];
    const backup = { url: "indexeddb://full", onError: ({ code }: { code: string }) => errors.push(code) };
    const run = model.fit(train, { epochs: 2, backup });
    const refused = await failure(() => run.keep());
    const { epochs } = await run;
    const [kept] = await globalThis.tabgrad.listRuns();
    return { refused, epochs, errors, kept };
  });
  expect(found).toMatchObject({ refused: { code: "quota" }, epochs: 2, kept: { epoch: 0, batch: 0 } });
  expect(new Set(found.errors)).toEqual(new Set(["quota"]));
});
