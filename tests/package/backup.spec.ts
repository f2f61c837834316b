/** Runs that are kept by themselves go on after whatever ended them. */
import { expect, type Page, test } from "@playwright/test";
import type * as Tabgrad from "tabgrad";
import { openKept, trainFor, unbroken } from "./kept-page.js";
import { trap, usePlainPage } from "./plain-page.js";

const plain = usePlainPage();
const open = (page: Page) => openKept(page, plain);

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
  expect(refused.map(({ code }) => code)).toEqual(["argument", "argument", "data"]);
  expect(refused[0]?.message).toContain("epochs is 5, expected 4");
  expect(refused[1]?.message).toContain("seed is 6, expected 5");
  expect(refused[2]?.message).toMatch(/found 720 samples .* expected 800 samples/);
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
    const { removeRun } = globalThis.tabgrad;
    const refused = await globalThis.failure(() => globalThis.kept({ backup: url }));
    const removed = await globalThis.failure(() => removeRun(url));
    const taken = await globalThis.kept({ backup: { url, takeOver: true } });
    await removeRun(url);
    return { refused, removed, end: taken.end };
  }, url);
  const lost = await page.evaluate(() => (globalThis as unknown as { first: Promise<object> }).first);
  expect(second.refused.code).toBe("busy");
  expect(second.removed).toMatchObject({ code: "busy", message: expect.stringContaining("being trained") });
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
  // Before the first batch, and at the end, each in epochs of 40 batches; it went on while it was told to end. An
  // epoch that had ended by then is kept as well.
  const places = saved.map(({ epoch, batch }) => 40 * epoch + batch);
  expect(places[0]).toBe(0);
  expect(places.length).toBeGreaterThanOrEqual(2);
  expect(places.at(-1)).toBeGreaterThanOrEqual(25);
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

test("a run has the note that it was given last", { tag: "@everywhere" }, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { failure, tabgrad } = globalThis;
    const { model, train } = await globalThis.small();
    const url = "indexeddb://noted";
    const noteOf = async () => (await tabgrad.listRuns()).find(({ name }) => name === "noted")?.note;
    /** Trains until the run has been kept once with this note. */
    const interrupted = (note: unknown) => {
      const controller = new AbortController();
      const onSaved = () => controller.abort();
      const backup = { url, note, everySeconds: 0, onSaved };
      return failure(() => model.fit(train, { epochs: 3, backup, signal: controller.signal }));
    };
    const refused = await failure(() => model.fit(train, { backup: { url, note: document.body } }));
    const before = await noteOf();
    const note = { plan: { layers: ["conv2d"] }, made: new Date(5) };
    await interrupted(note);
    const first = await noteOf();
    await interrupted("another");
    const second = await noteOf();
    await model.fit(train, { epochs: 3, backup: url });
    return { refused, before, first, second, end: await noteOf() };
  });
  expect(found).toMatchObject({
    refused: { code: "argument", message: expect.stringContaining("backup.note") },
    before: undefined,
    first: { plan: { layers: ["conv2d"] }, made: new Date(5) },
    second: "another",
    end: "another",
  });
});

test("a callback whose state cannot be cloned is named", { tag: "@everywhere" }, async ({ page }) => {
  const refused = await page.evaluate(async () => {
    const { model, train } = await globalThis.small();
    const backup = { url: "indexeddb://odd" };
    const callbacks = [{}, { state: () => ({ render: () => {} }) }];
    return globalThis.failure(() => model.fit(train, { backup, callbacks }));
  });
  expect(refused).toMatchObject({
    code: "argument",
    message: expect.stringMatching(/^fit: callbacks\[1\]\.state\(\) cannot be cloned \(/),
  });
});
