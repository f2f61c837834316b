/** Several workers: the same bits, whoever computes, however they talk, and whoever dies. */
import { readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { Augmentation, EngineInfo } from "tabgrad";
import { makeProjects, runNode, serve } from "./projects.js";

interface Options {
  workers: number;
  transport?: EngineInfo["transport"];
  batchSize: number;
  shards?: number;
  augmentation?: Augmentation;
  epochs?: number;
  samples?: number;
}

interface Outcome {
  hash: string;
  history: { [name: string]: number[] };
  evaluated: unknown;
  predicted: string;
  /** Before the run, and after it. */
  info: EngineInfo;
  after: EngineInfo;
}

const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

let projects: Awaited<ReturnType<typeof makeProjects>>;
let plain: { url: string; server: Server };
let isolated: { url: string; server: Server };
test.beforeAll(async () => {
  projects = await makeProjects();
  const folder = join(projects.folder, "plain");
  plain = await serve(folder);
  isolated = await serve(folder, ISOLATION);
});
test.afterAll(async () => {
  for (const { server } of [plain, isolated]) await new Promise((resolve) => server.close(resolve));
  await projects.remove();
});

async function inPage(page: Page, url: string, options: Options): Promise<Outcome> {
  await page.goto(url);
  await page.waitForFunction("globalThis.digits !== undefined");
  return page.evaluate(async (options) => {
    const file = "./workers.js";
    const { trained } = await import(new URL(file, location.href).href);
    return trained(globalThis.tabgrad, await globalThis.digits(), options);
  }, options);
}

async function inNode(options: Options): Promise<Outcome> {
  return JSON.parse(await runNode(join(projects.folder, "node"), "workers.mjs", JSON.stringify(options)));
}

/** Put in front of a worker's file: a peer does this in the middle of the run, instead of its share of a step. */
const dying = (how: string) => `{
  const instantiate = WebAssembly.instantiate;
  let shares = Number.NEGATIVE_INFINITY;
  const channel = new BroadcastChannel("the run begins");
  channel.onmessage = () => { shares = 0; };
  channel.unref?.();
  WebAssembly.instantiate = async (module, imports) => {
    const { exports } = await instantiate(module, imports);
    const model_computeShareOf = (...values) => {
      shares += 1;
      if (shares === 10) { ${how} }
      return exports.model_computeShareOf(...values);
    };
    return { exports: { ...exports, model_computeShareOf } };
  };
}\n`;

/** The last batch of an epoch has 8 samples, and less than all shards. */
const run = { batchSize: 64, shards: 8, epochs: 2, samples: 1000 };

test("the number of workers and how they talk change no bit", { tag: "@everywhere" }, async ({ page }) => {
  const alone = await inPage(page, plain.url, { ...run, workers: 1 });
  expect(alone.info).toMatchObject({ workers: 1, isolated: false, transport: "messages" });
  const [first = 0, second = 0] = alone.history.loss ?? [];
  expect(second).toBeLessThan(first);
  for (const workers of [2, 3, 8]) {
    const messages = await inPage(page, plain.url, { ...run, workers });
    expect(messages.info).toMatchObject({ workers, isolated: false, transport: "messages" });
    expect(messages.hash).toBe(alone.hash);
    for (const what of ["history", "evaluated", "predicted"] as const) {
      expect(messages[what]).toEqual(alone[what]);
    }
    const shared = await inPage(page, isolated.url, { ...run, workers });
    expect(shared.info).toMatchObject({ workers, isolated: true, transport: "sharedMemory" });
    expect(shared.hash).toBe(alone.hash);
  }
  const chosen = await inPage(page, isolated.url, { ...run, workers: 2, transport: "messages" });
  expect(chosen.info).toMatchObject({ workers: 2, isolated: true, transport: "messages" });
  expect(chosen.hash).toBe(alone.hash);
});

test("Node comes to the same bits as a page", async ({ page }) => {
  const { hash, evaluated, predicted } = await inPage(page, plain.url, { ...run, workers: 1 });
  for (const workers of [1, 2, 3, 8]) {
    for (const transport of ["messages", "sharedMemory"] as const) {
      const found = await inNode({ ...run, workers, transport });
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
  const unchanged = await inPage(page, plain.url, { ...run, workers: 1 });
  const alone = await inPage(page, plain.url, { ...run, augmentation, workers: 1 });
  expect(alone.hash).not.toBe(unchanged.hash);
  for (const { url } of [plain, isolated]) {
    const { hash, history } = await inPage(page, url, { ...run, augmentation, workers: 2 });
    expect({ hash, history }).toEqual({ hash: alone.hash, history: alone.history });
  }
  for (const workers of [1, 3]) {
    expect((await inNode({ ...run, augmentation, workers })).hash).toBe(alone.hash);
  }
});

test("batches smaller than their shards, and of one sample", async () => {
  for (const batch of [
    { batchSize: 3, shards: 8 },
    { batchSize: 1, shards: 4 },
    { batchSize: 500, samples: 20 },
  ]) {
    const options = { epochs: 1, samples: 100, ...batch };
    const { hash } = await inNode({ ...options, workers: 1 });
    expect((await inNode({ ...options, workers: 3 })).hash).toBe(hash);
  }
});

for (const [how, code] of [
  ["fails", 'throw new WebAssembly.RuntimeError("unreachable");'],
  ["vanishes", "self.close(); throw new Error();"],
] as const) {
  test(`a worker that ${how} in the middle of a run is replaced, and no step is wrong`, async ({ page }) => {
    const undisturbed = await inPage(page, plain.url, { ...run, workers: 1 });
    // What vanishes says nothing more.
    const silent = how === "vanishes" ? "self.postMessage = () => {};" : "";
    await page.route("**/worker.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: dying(silent + code) + (await response.text()) });
    });
    for (const { url } of [plain, isolated]) {
      for (const workers of [2, 3]) {
        const found = await inPage(page, url, { ...run, workers });
        expect(found.info.workers).toBe(workers);
        for (const what of ["hash", "evaluated", "predicted"] as const) {
          expect(found[what]).toEqual(undisturbed[what]);
        }
      }
    }
  });
}

test("a worker of Node that dies in the middle of a run is replaced", async () => {
  const { hash } = await inNode({ ...run, workers: 1 });
  const file = join(projects.folder, "node/node_modules/tabgrad/dist/worker-node.js");
  const text = await readFile(file, "utf8");
  try {
    for (const how of ['throw new WebAssembly.RuntimeError("unreachable");', "process.exit(3);"]) {
      await writeFile(file, dying(how) + text);
      for (const transport of ["messages", "sharedMemory"] as const) {
        const found = await inNode({ ...run, workers: 3, transport });
        expect(found.info.workers).toBe(3);
        expect(found.hash).toBe(hash);
      }
    }
  } finally {
    await writeFile(file, text);
  }
});

test("where workers cannot start workers, one does it all", async ({ page }) => {
  const { hash } = await inPage(page, plain.url, { ...run, workers: 1 });
  for (const forbidden of [
    "delete globalThis.Worker;",
    'globalThis.Worker = class { constructor() { throw new DOMException("no", "SecurityError"); } };',
    // As a policy does that names no such file.
    '{ const W = Worker; globalThis.Worker = class extends W { constructor() { super("./none.js"); } }; }',
  ]) {
    await page.route("**/worker.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${forbidden}\n${await response.text()}` });
    });
    const found = await inPage(page, plain.url, { ...run, workers: 2 });
    expect(found).toMatchObject({ hash, after: { workers: 1 } });
    await page.unroute("**/worker.js");
  }
});

test("a run that is shared obeys, and needs neither timers nor frames of the page", async ({ page }) => {
  for (const { url } of [plain, isolated]) {
    await page.goto(url);
    await page.waitForFunction("globalThis.digits !== undefined");
    const result = await page.evaluate(async () => {
      const { data, engineInfo, layers, sequential } = globalThis.tabgrad;
      globalThis.tabgrad.configure({ workers: 2 });
      const { pixels = new Uint8Array(), labels = new Uint8Array() } = await globalThis.digits();
      const train = data.fromArrays({ x: pixels, shape: [2000, 28, 28, 1], y: labels });
      const model = sequential({
        inputShape: [28, 28, 1],
        layers: [layers.flatten(), layers.dense({ units: 10, activation: "softmax" })],
      });
      model.compile({ loss: "sparseCategoricalCrossentropy" });
      while ((await engineInfo()).workers < 2) await model.fit(train, { batchSize: 64, epochs: 10 });
      // What a hidden tab does to them, at its worst.
      const { setTimeout } = globalThis;
      const wait = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
      const never = () => 0;
      Object.assign(globalThis, { setTimeout: never, setInterval: never, requestAnimationFrame: never });
      let batches = 0;
      let rate = 0;
      const run = model.fit(train, {
        batchSize: 64,
        epochs: 100_000,
        progressInterval: 0,
        onBatchEnd: ({ learningRate }) => {
          batches += 1;
          rate = learningRate;
        },
      });
      while (batches < 50) await wait(5);
      await run.pause();
      await wait(50);
      const paused = batches;
      const predicted = await model.predict(pixels.slice(0, 784));
      await wait(100);
      const still = batches;
      await run.setLearningRate(0.0005);
      await run.resume();
      while (batches < paused + 20) await wait(5);
      await run.stop();
      const { stopped } = await run;
      return { paused, still, rate, stopped, outputs: predicted.data.length };
    });
    expect(result.still).toBe(result.paused);
    expect(result.rate).toBeCloseTo(0.0005, 9);
    expect(result).toMatchObject({ stopped: true, outputs: 10 });
  }
});
