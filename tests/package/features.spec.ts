/** Features of a frozen front: made by hand, and by fit. */
import { expect, test } from "@playwright/test";
import type { FitOptions } from "tabgrad";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("features are computed once, and what is trained on them fits behind", async ({ page }) => {
  const { shape, accuracy, joined } = await page.evaluate(async () => {
    const { layers, sequential } = globalThis.tabgrad;
    const { model, train, test } = await globalThis.small();
    await model.fit(train, { epochs: 1 });
    const features = await model.features(train, "flatten");
    const end = () => layers.dense({ units: 10, activation: "softmax", name: "end" });
    const head = sequential({ inputShape: features.shape, layers: [end()] });
    head.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    await head.fit(features, { epochs: 2 });
    const { accuracy } = await head.evaluate(await model.features(test, "flatten"));
    const both = sequential({ base: await model.upTo("flatten"), layers: [end()] });
    const report = await both.loadWeights(head, { byName: true });
    both.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    const joined = (await both.evaluate(test)).accuracy;
    if (report.loaded.length !== 2) throw new Error(JSON.stringify(report));
    return { shape: features.shape, accuracy, joined };
  });
  expect(shape).toEqual([12 * 12 * 8]);
  expect(accuracy).toBeGreaterThan(0.8);
  expect(joined).toBeCloseTo(accuracy as number, 9);
});

test("what comes behind a layer learns from features as it does behind that layer, frozen", async ({
  page,
}) => {
  const { whole, alone, histories, wrong } = await page.evaluate(async () => {
    const { model, train: all } = await globalThis.small();
    const indices = Array.from({ length: 500 }, (_, i) => i);
    const train = await all.subset(indices, { sampleWeight: indices.map((i) => 1 + (i % 3)) });
    await model.fit(train, { epochs: 1 });
    model.freeze(["conv2d", "maxPooling2d"]);
    const end = await model.after("maxPooling2d");
    for (const one of [model, end])
      one.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    const how = { epochs: 2, batchSize: 64, seed: 5 };
    const { history: slow } = await model.fit(train, how);
    const { history: fast } = await end.fit(await model.features(train, "maxPooling2d"), how);
    const dense = async (of: typeof model) =>
      (await of.getWeights())
        .filter(({ name }) => name.startsWith("dense/"))
        .map(({ data }) => Array.from(data));
    return {
      whole: await dense(model),
      alone: await dense(end),
      histories: [slow, fast],
      wrong: await globalThis.failure(() => model.after("none")),
    };
  });
  expect(alone).toEqual(whole);
  expect(histories[1]).toEqual(histories[0]);
  expect(wrong.code).toBe("notFound");
});

for (const workers of [1, 2]) {
  test(`a run on cached features is that on samples, by ${workers} workers`, async ({ page }) => {
    const { same, events } = await page.evaluate(async (workers) => {
      const { configure, layers, loadModel, sequential } = globalThis.tabgrad;
      configure({ workers });
      const { model: front, train } = await globalThis.small();
      await front.fit(await train.subset(Array.from({ length: 200 }, (_, i) => i)));
      const base = await front.upTo("maxPooling2d");
      const samples = await train.subset(
        Array.from({ length: 600 }, (_, i) => i),
        { sampleWeight: Array.from({ length: 600 }, (_, i) => 1 + (i % 3)) },
      );
      const model = async () => {
        const made = sequential({
          base,
          seed: 3,
          layers: [
            layers.conv2d({ filters: 8, kernelSize: 3, activation: "relu" }),
            layers.dropout({ rate: 0.3 }),
            layers.flatten(),
            layers.dense({ units: 10, activation: "softmax" }),
          ],
        });
        made.freeze(({ name }) => ["conv2d", "maxPooling2d"].includes(name));
        made.compile({
          optimizer: { type: "adamw", learningRate: 0.003, useEma: true },
          loss: "sparseCategoricalCrossentropy",
          metrics: ["accuracy"],
        });
        return made;
      };
      const events: number[] = [];
      const how = (cacheFeatures: boolean) => ({
        cacheFeatures,
        batchSize: 64,
        seed: 5,
        shards: 4,
        classWeight: "balanced" as const,
        validationSplit: 0.2,
        onFeatures: ({ done }: { done: number }) => events.push(done),
      });
      const state = async (of: Awaited<ReturnType<typeof model>>) =>
        JSON.stringify([
          (await of.getWeights()).map(({ name, data }) => [name, Array.from(data)]),
          of.history,
        ]);
      const bytes = async (of: Awaited<ReturnType<typeof model>>) =>
        Array.from(
          new Uint8Array(await (await of.export("safetensors", { includeOptimizer: true })).arrayBuffer()),
        ).join();
      const results: string[][] = [];
      for (const cacheFeatures of [false, true]) {
        const whole = await model();
        const { history } = await whole.fit(samples, { ...how(cacheFeatures), epochs: 4 });
        // Stopped after an epoch, and resumed from its file.
        const first = await model();
        const callbacks = [
          {
            onEpochEnd: async ({ epoch }: { epoch: number }, context: { stopTraining(): void }) => {
              // The frozen model answers while it learns.
              await first.predict(await samples.subset([0, 1, 2]));
              if (epoch === 1) context.stopTraining();
            },
          },
        ];
        const stopped = await first.fit(samples, { ...how(cacheFeatures), epochs: 4, callbacks });
        const file = await first.export("safetensors", { includeOptimizer: true });
        const again = await loadModel(file);
        await again.fit(samples, { ...how(cacheFeatures), epochs: 4, initialEpoch: stopped.epochs });
        results.push([
          JSON.stringify(history),
          await state(whole),
          await bytes(whole),
          await bytes(first),
          await state(again),
        ]);
      }
      const [slow, fast] = results as [string[], string[]];
      return { same: slow.map((one, at) => one === fast[at]), events };
    }, workers);
    expect(same).toEqual([true, true, true, true, true]);
    expect(events).toEqual([]);
  });
}

/** Put in front of the worker's file: tells of each batch of features that it computes. */
const telling = `{
  const { Instance } = WebAssembly;
  const channel = new BroadcastChannel("features");
  WebAssembly.Instance = function (module, imports) {
    const { exports } = new Instance(module, imports);
    const compute = "frontfeatures_compute";
    const told = (...values) => {
      channel.postMessage("computed");
      return exports[compute](...values);
    };
    return { exports: { ...exports, [compute]: told } };
  };
}\n`;

test("features are computed where that pays", async ({ page }) => {
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: telling + (await response.text()) });
  });
  const computed = await page.evaluate(async () => {
    globalThis.tabgrad.configure({ workers: 1 });
    let computed = 0;
    new BroadcastChannel("features").onmessage = () => {
      computed += 1;
    };
    const { model, train: all } = await globalThis.small();
    const train = await all.subset(Array.from({ length: 64 }, (_, i) => i));
    const found: { [what: string]: boolean } = {};
    const check = async (what: string, options: FitOptions) => {
      computed = 0;
      await model.fit(train, { epochs: 2, ...options });
      // Messages of a channel come after an answer that was sent later.
      await new Promise((resolve) => setTimeout(resolve, 50));
      found[what] = computed > 0;
    };
    await check("nothing is frozen", {});
    model.freeze(["conv2d"]);
    await check("frozen", {});
    await check("not wanted", { cacheFeatures: false });
    await check("one epoch", { epochs: 1 });
    await check("one epoch left", { initialEpoch: 1 });
    await check("augmented", { augmentation: { shift: 1 } });
    model.unfreeze();
    model.freeze(["dense"]);
    await check("frozen at the end", {});
    return found;
  });
  expect(computed).toEqual({
    "nothing is frozen": false,
    frozen: true,
    "not wanted": false,
    "one epoch": false,
    "one epoch left": false,
    augmented: false,
    "frozen at the end": false,
  });
});

test("weights that change while features are used or made count from the next step on", async ({ page }) => {
  const { histories, aborted, answered } = await page.evaluate(async () => {
    const { model, train } = await globalThis.small();
    await model.fit(await train.subset(Array.from({ length: 200 }, (_, i) => i)));
    model.freeze(["conv2d", "maxPooling2d"]);
    model.compile({ loss: "sparseCategoricalCrossentropy" });
    const file = await model.export("safetensors");
    const histories = [];
    for (const cacheFeatures of [false, true]) {
      const own = await globalThis.tabgrad.loadModel(file);
      own.freeze(["conv2d", "maxPooling2d"]);
      own.compile({ loss: "sparseCategoricalCrossentropy" });
      const callbacks = [
        {
          onEpochEnd: async ({ epoch }: { epoch: number }) => {
            if (epoch !== 0) return;
            const weights = await own.getWeights();
            const kernel = weights.find(({ name }) => name === "conv2d/kernel");
            if (!kernel) throw new Error("no kernel");
            await own.setWeights([{ name: kernel.name, data: kernel.data.map((value) => value / 2) }]);
          },
        },
      ];
      histories.push((await own.fit(train, { epochs: 3, seed: 5, cacheFeatures, callbacks })).history);
    }
    const abort = new AbortController();
    const run = model.fit(train, { epochs: 50, seed: 5, signal: abort.signal });
    const answered = (await model.predict(await train.subset([0]))).shape;
    abort.abort();
    const aborted = await globalThis.failure(() => run);
    return { histories, aborted, answered };
  });
  expect(histories[1]).toEqual(histories[0]);
  expect(aborted.code).toBe("aborted");
  expect(answered).toEqual([1, 10]);
});
