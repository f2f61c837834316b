/** Several workers: the same bits, whoever computes, however they talk, and whoever dies. */
import { expect, test } from "@playwright/test";
import type { Augmentation } from "tabgrad";
import { inPage, Places, run } from "./places.js";

const places = new Places();

/**
 * Put in front of a worker's file: a peer does this instead of its share of a step, the tenth of the run or
 * another one.
 */
const dying = (how: string, { share = 10, from = "the run" } = {}) => `{
  const instantiate = WebAssembly.instantiate;
  let shares = ${from === "the run" ? "Number.NEGATIVE_INFINITY" : "0"};
  const channel = new BroadcastChannel("the run begins");
  channel.onmessage = () => { shares = Math.max(shares, 0); };
  channel.unref?.();
  WebAssembly.instantiate = async (module, imports) => {
    const { exports } = await instantiate(module, imports);
    const model_computeShareOf = (...values) => {
      shares += 1;
      if (shares === ${share}) {
        new BroadcastChannel("a worker dies").postMessage("now");
        ${how}
      }
      return exports.model_computeShareOf(...values);
    };
    return { exports: { ...exports, model_computeShareOf } };
  };
}\n`;

test("the number of workers and how they talk change no bit", { tag: "@everywhere" }, async ({ page }) => {
  const alone = await inPage(page, places.plain.url, { ...run, workers: 1 });
  expect(alone.info).toMatchObject({ workers: 1, isolated: false, transport: "messages" });
  const [first = 0, second = 0] = alone.history.loss ?? [];
  expect(second).toBeLessThan(first);
  for (const workers of [2, 3, 8]) {
    const messages = await inPage(page, places.plain.url, { ...run, workers });
    expect(messages.info).toMatchObject({ workers, isolated: false, transport: "messages" });
    expect(messages.hash).toBe(alone.hash);
    for (const what of ["history", "evaluated", "predicted"] as const) {
      expect(messages[what]).toEqual(alone[what]);
    }
    const shared = await inPage(page, places.isolated.url, { ...run, workers });
    expect(shared.info).toMatchObject({ workers, isolated: true, transport: "sharedMemory" });
    expect(shared.hash).toBe(alone.hash);
  }
  const chosen = await inPage(page, places.isolated.url, { ...run, workers: 2, transport: "messages" });
  expect(chosen.info).toMatchObject({ workers: 2, isolated: true, transport: "messages" });
  expect(chosen.hash).toBe(alone.hash);
});

test("Node comes to the same bits as a page", async ({ page }) => {
  const { hash, evaluated, predicted } = await inPage(page, places.plain.url, { ...run, workers: 1 });
  for (const workers of [1, 2, 3, 8]) {
    for (const transport of ["messages", "sharedMemory"] as const) {
      const found = await places.inNode({ ...run, workers, transport });
      expect(found.info).toMatchObject({ workers, transport });
      expect(found).toMatchObject({ hash, evaluated, predicted });
    }
  }
});

test("workers change samples at random, and share that too", { tag: "@everywhere" }, async ({ page }) => {
  const augmentation: Augmentation = {
    rotation: 10,
    elastic: 0.5,
    crop: 2,
    thickness: 0.3,
    noise: 0.02,
    cutout: 4,
    mixup: 0.2,
    cutmix: 1,
  };
  const unchanged = await inPage(page, places.plain.url, { ...run, workers: 1 });
  const alone = await inPage(page, places.plain.url, { ...run, augmentation, workers: 1 });
  expect(alone.hash).not.toBe(unchanged.hash);
  for (const { url } of [places.plain, places.isolated]) {
    const { hash, history } = await inPage(page, url, { ...run, augmentation, workers: 2 });
    expect({ hash, history }).toEqual({ hash: alone.hash, history: alone.history });
  }
  for (const workers of [1, 3]) {
    expect((await places.inNode({ ...run, augmentation, workers })).hash).toBe(alone.hash);
  }
});

test("batches smaller than their shards, and of one sample", async () => {
  for (const batch of [
    { batchSize: 3, shards: 8 },
    { batchSize: 1, shards: 4 },
    { batchSize: 500, samples: 20 },
  ]) {
    const options = { epochs: 1, samples: 100, ...batch };
    const { hash } = await places.inNode({ ...options, workers: 1 });
    expect((await places.inNode({ ...options, workers: 3 })).hash).toBe(hash);
  }
});

for (const [how, code] of [
  ["fails", 'throw new WebAssembly.RuntimeError("unreachable");'],
  ["vanishes", "self.close(); throw new Error();"],
] as const) {
  test(`a worker that ${how} in the middle of a run is replaced, and no step is wrong`, async ({ page }) => {
    const undisturbed = await inPage(page, places.plain.url, { ...run, workers: 1 });
    // What vanishes says nothing more.
    const silent = how === "vanishes" ? "self.postMessage = () => {};" : "";
    await places.whileWorkersBegin(dying(silent + code), async () => {
      for (const { url } of [places.plain, places.isolated]) {
        for (const workers of [2, 3]) {
          const found = await inPage(page, url, { ...run, workers });
          expect(found).toMatchObject({ info: { workers }, deaths: workers - 1 });
          for (const what of ["hash", "evaluated", "predicted"] as const) {
            expect(found[what]).toEqual(undisturbed[what]);
          }
        }
      }
    });
  });
}

test("a worker that is lost now and then is replaced each time, one that is lost at once is not", async ({
  page,
}) => {
  const long = { ...run, epochs: 110 };
  const { hash } = await inPage(page, places.plain.url, { ...long, workers: 1 });
  const trap = 'throw new WebAssembly.RuntimeError("unreachable");';
  const mortal = (share: number) => dying(trap, { share, from: "its start" });
  await places.whileWorkersBegin(mortal(110), async () => {
    const found = await inPage(page, places.isolated.url, { ...long, workers: 2 });
    expect(found).toMatchObject({ hash, after: { workers: 2 } });
    expect(found.deaths).toBeGreaterThan(8);
  });
  await places.whileWorkersBegin(mortal(5), async () => {
    const found = await inPage(page, places.isolated.url, { ...long, workers: 2 });
    expect(found).toMatchObject({ hash, after: { workers: 1 } });
    expect(found.deaths).toBeLessThanOrEqual(8);
  });
});

test("a worker of Node that dies in the middle of a run is replaced", async () => {
  const { hash } = await places.inNode({ ...run, workers: 1 });
  for (const how of ['throw new WebAssembly.RuntimeError("unreachable");', "process.exit(3);"]) {
    const check = async () => {
      for (const transport of ["messages", "sharedMemory"] as const) {
        const found = await places.inNode({ ...run, workers: 3, transport });
        expect(found).toMatchObject({ hash, info: { workers: 3 }, deaths: 2 });
      }
    };
    await places.whileWorkersBegin(dying(how), check, "node/worker-node.js");
  }
});

test("where workers cannot start workers, one does it all", async ({ page }) => {
  const { hash } = await inPage(page, places.plain.url, { ...run, workers: 1 });
  for (const forbidden of [
    "delete globalThis.Worker;",
    'globalThis.Worker = class { constructor() { throw new DOMException("no", "SecurityError"); } };',
    // As a policy does that names no such file.
    '{ const W = Worker; globalThis.Worker = class extends W { constructor() { super("./none.js"); } }; }',
  ]) {
    await places.whileWorkersBegin(forbidden, async () => {
      const found = await inPage(page, places.plain.url, { ...run, workers: 2 });
      expect(found).toMatchObject({ hash, after: { workers: 1 } });
    });
  }
  // And by a real policy, which is that of the worker's own file.
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), "content-security-policy": "worker-src 'none'" };
    await route.fulfill({ response, headers });
  });
  const found = await inPage(page, places.plain.url, { ...run, workers: 2 });
  expect(found).toMatchObject({ hash, after: { workers: 1 } });
});

test("on one core one worker does it all", async ({ page }) => {
  const { hash } = await inPage(page, places.plain.url, { ...run, workers: 1 });
  const one = 'Object.defineProperty(navigator, "hardwareConcurrency", { get: () => 1 });';
  await places.whileWorkersBegin(one, async () => {
    const found = await inPage(page, places.plain.url, run);
    expect(found).toMatchObject({ hash, after: { workers: 1, mostWorkers: 1, cores: 1 } });
  });
});
