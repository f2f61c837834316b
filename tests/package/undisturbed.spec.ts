/** What a run by several workers depends on and what not: timers, a tab that is seen, the page, runs before it. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, type Page, test } from "@playwright/test";
import type { EngineInfo } from "tabgrad";
import { chromiumArgs, findChromium } from "../../scripts/browsers.mjs";
import { inPage, Places, run } from "./places.js";

const places = new Places();

/** Put in front of a worker's file: neither timers nor, where there are any, frames ever come. */
const silenced = `globalThis.setTimeout = globalThis.setInterval = globalThis.requestAnimationFrame = () => 0;`;

test("nothing that is computed waits for a timer of a worker", async ({ page }) => {
  const { hash, evaluated } = await inPage(page, places.plain.url, { ...run, workers: 1 });
  await places.whileWorkersBegin(silenced, async () => {
    for (const { url } of [places.plain, places.isolated]) {
      const found = await inPage(page, url, { ...run, workers: 2 });
      expect(found).toMatchObject({ hash, evaluated, after: { workers: 2 } });
    }
  });
});

test("a run goes on in a hidden tab", async ({ page }) => {
  const { hash } = await inPage(page, places.plain.url, { ...run, workers: 1 });
  const profile = await mkdtemp(join(tmpdir(), "tabgrad-profile-"));
  const said = new Promise<string>((resolve) => {
    places.plain.server.on("request", ({ url = "" }) => {
      const [path, result] = url.split("?");
      if (path === "/done") resolve(decodeURIComponent(result ?? ""));
    });
  });
  const options = encodeURIComponent(JSON.stringify({ ...run, workers: 2 }));
  // Not by Playwright, whose pages are never hidden.
  const args = [...chromiumArgs, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
  const program = findChromium() ?? chromium.executablePath();
  const browser = spawn(program, [...args, `${places.plain.url}hidden.html?${options}`], { stdio: "ignore" });
  try {
    const file = join(profile, "DevToolsActivePort");
    await expect.poll(() => existsSync(file) && readFileSync(file, "utf8").includes("\n")).toBe(true);
    const [port] = readFileSync(file, "utf8").split("\n");
    const control = (path: string, method = "GET") =>
      fetch(`http://127.0.0.1:${port}/json/${path}`, { method });
    await expect.poll(async () => (await (await control("list")).text()).includes("hidden.html")).toBe(true);
    const other = (await (await control("new?about:blank", "PUT")).json()) as { id: string };
    await control(`activate/${other.id}`);
    expect(JSON.parse(await said)).toEqual({ hash, workers: 2, shown: 0 });
  } finally {
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    browser.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("the package uses several cores inside a worker of the page where that is safe", {
  tag: "@everywhere",
}, async ({ page, browserName }) => {
  await page.goto(places.plain.url);
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
  await places.whileWorkersBegin(watched, () => soak(page));
});

async function soak(page: Page): Promise<void> {
  await page.goto(places.plain.url);
  await page.waitForFunction("globalThis.digits !== undefined");
  const found = await page.evaluate(async () => {
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
    const found = [await memories()];
    // On a busy machine a peer may have the samples of two runs at a time, once. What is left behind is so
    // by every run.
    for (let round = 0; round < 4 && String(found.at(-1)) !== String(found.at(-2)); round += 1) {
      for (let run = 0; run < 20; run += 1) await once();
      found.push(await memories());
    }
    return found;
  });
  expect(found[0]).toHaveLength(2);
  expect(found.at(-1)).toEqual(found.at(-2));
}

test("a run that is shared obeys, and needs neither timers nor frames of the page", async ({ page }) => {
  for (const { url } of [places.plain, places.isolated]) {
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
