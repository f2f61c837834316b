/** Several workers: the same bits, whoever computes, however they talk, and whoever dies. */
import { readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { Augmentation, EngineInfo } from "tabgrad";
import { makeProjects, runNode, serve } from "./projects.js";

interface Options {
  /** As many as the machine has cores if it says nothing. */
  workers?: number;
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
  /** Workers that the test made die in the run. */
  deaths: number;
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

/**
 * Does something while a worker's file begins with this code. (What Playwright puts in the way of requests is
 * not asked for the files of a worker's workers.)
 */
async function whileWorkersBegin(code: string, action: () => Promise<void>, file = "plain/worker.js") {
  const [project, name] = file.split("/") as [string, string];
  const path = join(projects.folder, project, "node_modules/tabgrad/dist", name);
  const text = await readFile(path, "utf8");
  await writeFile(path, `${code}\n${text}`);
  await action().finally(() => writeFile(path, text));
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
      if (shares === 10) {
        new BroadcastChannel("a worker dies").postMessage("now");
        ${how}
      }
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
    await whileWorkersBegin(dying(silent + code), async () => {
      for (const { url } of [plain, isolated]) {
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

test("a worker of Node that dies in the middle of a run is replaced", async () => {
  const { hash } = await inNode({ ...run, workers: 1 });
  for (const how of ['throw new WebAssembly.RuntimeError("unreachable");', "process.exit(3);"]) {
    const check = async () => {
      for (const transport of ["messages", "sharedMemory"] as const) {
        const found = await inNode({ ...run, workers: 3, transport });
        expect(found).toMatchObject({ hash, info: { workers: 3 }, deaths: 2 });
      }
    };
    await whileWorkersBegin(dying(how), check, "node/worker-node.js");
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
    await whileWorkersBegin(forbidden, async () => {
      const found = await inPage(page, plain.url, { ...run, workers: 2 });
      expect(found).toMatchObject({ hash, after: { workers: 1 } });
    });
  }
  // And by a real policy, which is that of the worker's own file.
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), "content-security-policy": "worker-src 'none'" };
    await route.fulfill({ response, headers });
  });
  const found = await inPage(page, plain.url, { ...run, workers: 2 });
  expect(found).toMatchObject({ hash, after: { workers: 1 } });
});

test("on one core one worker does it all", async ({ page }) => {
  const { hash } = await inPage(page, plain.url, { ...run, workers: 1 });
  const one = 'Object.defineProperty(navigator, "hardwareConcurrency", { get: () => 1 });';
  await whileWorkersBegin(one, async () => {
    const found = await inPage(page, plain.url, run);
    expect(found).toMatchObject({ hash, after: { workers: 1, mostWorkers: 1, cores: 1 } });
  });
});

/** Put in front of a worker's file: neither timers nor, where there are any, frames ever come. */
const silenced = `globalThis.setTimeout = globalThis.setInterval = globalThis.requestAnimationFrame = () => 0;`;

test("nothing that is computed waits for a timer of a worker", async ({ page }) => {
  const { hash, evaluated } = await inPage(page, plain.url, { ...run, workers: 1 });
  await whileWorkersBegin(silenced, async () => {
    for (const { url } of [plain, isolated]) {
      const found = await inPage(page, url, { ...run, workers: 2 });
      expect(found).toMatchObject({ hash, evaluated, after: { workers: 2 } });
    }
  });
});

test("the package uses several cores inside a worker of the page where that is safe", {
  tag: "@everywhere",
}, async ({ page, browserName }) => {
  await page.goto(plain.url);
  await page.waitForFunction("globalThis.digits !== undefined");
  const info = await page.evaluate(async () => {
    const address = (file: string) => JSON.stringify(new URL(file, location.href).href);
    const code = `
      import * as tabgrad from ${address("./node_modules/tabgrad/dist/index.js")};
      import { trained } from ${address("./workers.js")};
      onmessage = async ({ data }) => {
        postMessage(await trained(tabgrad, data, { workers: 2, batchSize: 64 }));
      };
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), {
      type: "module",
    });
    worker.postMessage(await globalThis.digits());
    return new Promise<EngineInfo>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data.after);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  });
  // Firefox: what starts a worker in a worker may block for ever.
  expect(info.workers).toBe(browserName === "firefox" ? 1 : 2);
});

test("many runs one after the other leave neither memory nor workers behind", async ({ page }) => {
  const watched = `{
    const instantiate = WebAssembly.instantiate;
    const channel = new BroadcastChannel("memory");
    WebAssembly.instantiate = async (module, imports) => {
      const instance = await instantiate(module, imports);
      const { memory } = instance.exports;
      if (memory) channel.onmessage = ({ data }) => {
        if (data === "tell") channel.postMessage(memory.buffer.byteLength);
      };
      return instance;
    };
  }\n`;
  await whileWorkersBegin(watched, () => soak(page));
});

async function soak(page: Page): Promise<void> {
  await page.goto(plain.url);
  await page.waitForFunction("globalThis.digits !== undefined");
  const [early, late] = await page.evaluate(async () => {
    const { data, engineInfo, layers, sequential } = globalThis.tabgrad;
    globalThis.tabgrad.configure({ workers: 2 });
    const { pixels = new Uint8Array(), labels = new Uint8Array() } = await globalThis.digits();
    const once = async () => {
      const train = data.fromArrays({ x: pixels, shape: [2000, 28, 28, 1], y: labels });
      const model = sequential({
        inputShape: [28, 28, 1],
        layers: [
          layers.conv2d({ filters: 8, kernelSize: 5, activation: "relu" }),
          layers.flatten(),
          layers.dense({ units: 10, activation: "softmax" }),
        ],
      });
      model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
      await model.fit(train, { batchSize: 256, epochs: 1 });
      await model.evaluate(train, { batchSize: 100 });
      model.dispose();
      train.dispose();
    };
    const channel = new BroadcastChannel("memory");
    /** The memory of each engine that is there. */
    const memories = async () => {
      const found: number[] = [];
      channel.onmessage = ({ data }) => found.push(data);
      const wait = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
      channel.postMessage("tell");
      while (found.length < 2) await wait(10);
      // There should be no more.
      await wait(100);
      return found.sort((a, b) => a - b);
    };
    while ((await engineInfo()).workers < 2) await once();
    for (let run = 0; run < 10; run += 1) await once();
    const early = await memories();
    for (let run = 0; run < 20; run += 1) await once();
    return [early, await memories()];
  });
  expect(early).toHaveLength(2);
  expect(late).toEqual(early);
}

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
