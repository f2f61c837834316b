/** Runs that are kept where the browser refuses its storage, in parts or as a whole. */
import { expect, type Page, test } from "@playwright/test";
import { openPage, usePlainPage } from "./plain-page.js";
import { giveFaults, makeFaulty } from "./store-faults.js";

const plain = usePlainPage();

test.beforeAll(() => makeFaulty(plain.folder));

/** Opens the page, whose worker is there and has not opened its database. */
async function open(page: Page): Promise<void> {
  await openPage(page, plain.url);
  await giveFaults(page);
  await page.evaluate(async () => (await globalThis.small()).train.counts());
}

test.beforeEach(({ page }) => open(page));

test("a run goes on where storage is refused, and is kept from when it is not", {
  tag: "@everywhere",
}, async ({ page }) => {
  const { told, ...found } = await page.evaluate(async () => {
    const { failCalls, tabgrad } = globalThis;
    const { model, train } = await globalThis.small();
    await failCalls({ method: "open", name: "SecurityError" });
    const told: string[] = [];
    const { epochs } = await model.fit(train, {
      epochs: 3,
      backup: {
        url: "indexeddb://refused",
        everySeconds: 0,
        onError: ({ code }) => told.push(code),
        onSaved: () => told.push("saved"),
      },
      // As when somebody allows it meanwhile.
      callbacks: [{ onEpochEnd: ({ epoch }) => (epoch === 1 ? failCalls() : undefined) }],
    });
    return { epochs, told, runs: await tabgrad.listRuns() };
  });
  expect(found).toMatchObject({ epochs: 3, runs: [{ name: "refused", state: "finished" }] });
  const first = told.indexOf("saved");
  expect(new Set(told.slice(0, first))).toEqual(new Set(["storage"]));
  expect(new Set(told.slice(first))).toEqual(new Set(["saved"]));
});

test("a run that began while storage was refused leaves an earlier one as it is", async ({ page }) => {
  const url = "indexeddb://earlier";
  await page.evaluate(async (url) => {
    const { model, train } = await globalThis.small();
    const controller = new AbortController();
    const backup = { url, everySeconds: 0, onSaved: () => controller.abort() };
    await globalThis.failure(() => model.fit(train, { epochs: 3, backup, signal: controller.signal }));
  }, url);
  await open(page);
  const found = await page.evaluate(async (url) => {
    const { failCalls, tabgrad } = globalThis;
    const { model, train } = await globalThis.small();
    await failCalls({ method: "open", name: "SecurityError" });
    const told: string[] = [];
    const resumed: unknown[] = [];
    let saved = 0;
    const backup = {
      url,
      everySeconds: 0,
      onError: ({ message }: { message: string }) => told.push(message),
      onSaved: () => {
        saved += 1;
      },
    };
    const onEpochEnd = ({ epoch }: { epoch: number }) => (epoch === 0 ? failCalls() : undefined);
    await model.fit(train, { epochs: 3, backup, callbacks: [{ onEpochEnd }] });
    const [run] = await tabgrad.listRuns();
    // The next run goes on from it.
    const { model: other } = await globalThis.small();
    await other.fit(train, {
      epochs: 3,
      backup: url,
      onResumed: (run) => resumed.push(run),
      callbacks: [{}],
    });
    return {
      last: told.at(-1),
      times: told.filter((one) => one === told.at(-1)).length,
      saved,
      run,
      resumed,
    };
  }, url);
  expect(found).toMatchObject({ times: 1, saved: 0, run: { state: "unfinished" }, resumed: [{}] });
  expect(found.last).toMatch(/^The run "earlier" is not kept: an earlier one of this name is unfinished/);
});

for (const [name, way] of [
  ["QuotaExceededError", "throws"],
  ["UnknownError", "throws"],
  // A connection that was closed is opened anew, which may fail, too.
  ["InvalidStateError", "throws"],
  ["UnknownError", "aborts"],
] as const) {
  test(`a state stays whole whatever call of keeping the next fails by ${name}, which ${way}`, {
    tag: "@everywhere",
  }, async ({ page }) => {
    const { faults, refusals, odd } = await page.evaluate(
      async ([name, way]) => {
        const { failCalls } = globalThis;
        const { listRuns, loadRun } = globalThis.tabgrad;
        const { model, train } = await globalThis.small();
        const url = "indexeddb://whole";
        const saved: number[] = [];
        const onSaved = ({ savedAt }: { savedAt: Date }) => saved.push(savedAt.getTime());
        const run = model.fit(train, { epochs: 1000, backup: { url, everySeconds: 3600, onSaved } });
        await run.pause();
        await run.keep();
        /** Whether what was kept last is what is there, and whole. */
        const isWhole = async () => {
          const [kept] = await listRuns();
          (await loadRun(url)).dispose();
          return kept?.savedAt.getTime() === saved.at(-1);
        };
        let [faults, refusals] = [0, 0];
        const odd: string[] = [];
        for (let first = 1; ; first += 1) {
          // With one more, where a connection that was closed is opened anew.
          const last = name === "InvalidStateError" ? first + 1 : first;
          await failCalls({ first, last, name, way });
          const before = saved.length;
          const error = await run.keep().catch(({ code }: { code: string }) => code);
          const calls = await failCalls();
          if (error !== undefined && !["quota", "storage"].includes(error)) odd.push(`${first}: ${error}`);
          if (saved.length !== before + (error === undefined ? 1 : 0)) odd.push(`${first}: told otherwise`);
          if (!(await isWhole())) odd.push(`${first}: not whole`);
          await run.keep();
          if (!(await isWhole())) odd.push(`${first}: the next is not whole`);
          if (calls < first) break;
          faults += 1;
          if (error !== undefined) refusals += 1;
        }
        await run.stop();
        await run;
        return { faults, refusals, odd };
      },
      [name, way] as const,
    );
    expect(odd).toEqual([]);
    expect(faults).toBeGreaterThan(8);
    expect(refusals).toBeGreaterThan(way === "throws" ? 5 : 0);
  });
}
