/** Kept runs know their data again, and are kept when one asks for it. */
import { expect, type Page, test } from "@playwright/test";
import type * as Tabgrad from "tabgrad";
import { openKept, trainFor, unbroken } from "./kept-page.js";
import { prepare } from "./made-files.js";
import { usePlainPage } from "./plain-page.js";

const plain = usePlainPage();
const open = (page: Page) => openKept(page, plain);

test.beforeEach(({ page }) => open(page));

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
    /the training data are others than those of the run that is kept .* found 800 samples with the checksum [-0-9a-f]{50}, expected 800 samples with the checksum [-0-9a-f]{50}\. .*removeRun/,
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
    // A callback is waited for.
    const callbacks = [{ onEpochEnd: () => controller.abort() }];
    const aborted = await failure(() =>
      model.fit(train, { ...options, validationData: test, signal: controller.signal, callbacks }),
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
  expect(found.messages.map(({ code }) => code)).toEqual(["data", "data", "data"]);
  expect(found.messages[0]?.message).toContain("the validation data are others");
  expect(found.messages[2]?.message).toContain("found none");
  expect([found.same, found.epochs]).toEqual([true, 4]);
});

test("data in a file, texts and several inputs are known again", async ({ page }) => {
  await prepare(page);
  const found = await page.evaluate(async () => {
    const { data, input, layers, model, sequential } = globalThis.tabgrad;
    /** Trains until the first epoch ends, then on other data, then on the same. */
    const tried = async (
      url: string,
      make: () => Tabgrad.Model,
      own: () => Promise<Tabgrad.Dataset>,
      other: Tabgrad.Dataset,
    ) => {
      const train = (set: Tabgrad.Dataset, more: Tabgrad.FitOptions = {}) =>
        make().fit(set, { epochs: 2, backup: url, ...more });
      const controller = new AbortController();
      // A callback is waited for.
      const callbacks = [{ onEpochEnd: () => controller.abort() }];
      const first = await own();
      const aborted = await globalThis.failure(() => train(first, { signal: controller.signal, callbacks }));
      const refused = await globalThis.failure(() => train(other));
      let resumed = 0;
      const onResumed = () => {
        resumed += 1;
      };
      const { epochs } = await train(await own(), { onResumed });
      return [aborted.code, refused.code, refused.message.includes("training data"), resumed, epochs];
    };
    const compile = { optimizer: "sgd", loss: "sparseCategoricalCrossentropy" } as const;
    const chain = (inputShape: number[], all: Tabgrad.Layer[]) => () =>
      sequential({ inputShape, seed: 1, layers: all }).compile(compile);
    const softmax = (units: number) => layers.dense({ units, activation: "softmax" });

    const text = "row, row, row the boat gently down the stream, ".repeat(60);
    const fromText = (text: string) => data.fromText(text, { length: 16 });
    const words = await fromText(text);
    const size = (words.preprocessing.text?.vocabulary?.length ?? 0) + 2;
    const speaking = chain([16], [layers.embedding({ inputDim: size, outputDim: 4 }), softmax(size)]);
    const texts = await tried(
      "indexeddb://texts",
      speaking,
      () => fromText(text),
      await fromText(text.replaceAll("gently", "lyteng")),
    );

    // 78 MB: its samples stay in a file.
    const looking = chain([140, 140, 1], [layers.globalAveragePooling2d(), softmax(3)]);
    const pictures = await data.fromFiles(globalThis.idxFiles(4000, 140));
    const turned = await pictures.subset(Array.from({ length: 4000 }, (_, i) => 3999 - i));
    const files = await tried("indexeddb://files", looking, async () => pictures, turned);

    const both = () => {
      const [left, right] = [input({ shape: [2], name: "left" }), input({ shape: [3], name: "right" })];
      const output = softmax(2).apply(layers.concatenate().apply([left, right]));
      return model({ inputs: [left, right], outputs: output, seed: 1 }).compile(compile);
    };
    const pairs = (last: number) =>
      data.fromArrays({
        x: {
          left: { data: Float32Array.from({ length: 20 }, (_, i) => i / 20), shape: [10, 2] },
          right: {
            data: Float32Array.from({ length: 30 }, (_, i) => (i < 29 ? i / 30 : last)),
            shape: [10, 3],
          },
        },
        y: Array.from({ length: 10 }, (_, i) => i % 2),
      });
    const inputs = await tried("indexeddb://inputs", both, async () => pairs(0.5), pairs(0.75));

    // Of so many, only some are looked at one by one, and the second is not among them.
    const rows = (change: "answer" | "number" | "nothing") => {
      const x = Float32Array.from({ length: 2000 }, (_, i) => i / 2000);
      const y = Array.from({ length: 1000 }, (_, i) => i % 2);
      if (change === "answer") y[1] = 0;
      if (change === "number") x[2] = 0.5;
      return data.fromArrays({ x, shape: [1000, 2], y });
    };
    const small = chain([2], [softmax(2)]);
    const own = async () => rows("nothing");
    const answers = await tried("indexeddb://answers", small, own, rows("answer"));
    const numbers = await tried("indexeddb://numbers", small, own, rows("number"));
    return { texts, files, inputs, answers, numbers, storage: pictures.storage };
  });
  const { storage, ...all } = found;
  expect(storage).toBe("opfs");
  const expected = ["aborted", "data", true, 1, 2];
  for (const [name, one] of Object.entries(all)) expect(one, name).toEqual(expected);
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
  // In epochs of 40 batches; it went on while it was asked, so that an epoch may have ended.
  const [first = 0, second = -1] = states.map(([epoch, batch]) => 40 * epoch + batch);
  expect(first).toBeGreaterThanOrEqual(25);
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
