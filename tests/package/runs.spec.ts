/** Training in a page: it leaves the page's thread alone and obeys. */
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("training leaves the page's thread free to paint", async ({ page }) => {
  const { frames, reports } = await page.evaluate(async () => {
    const { model, train, test } = await globalThis.small();
    await train.counts();
    let [frames, reports, running] = [0, 0, true];
    const count = () => {
      frames += 1;
      if (running) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    await model.fit(train, {
      epochs: 8,
      validationData: test,
      callbacks: [globalThis.tabgrad.callbacks.earlyStopping({ patience: 8, restoreBestWeights: true })],
      onBatchEnd: () => {
        reports += 1;
      },
    });
    running = false;
    return { frames, reports };
  });
  expect(frames).toBeGreaterThan(5);
  expect(reports).toBeGreaterThan(3);
});

test("an abort ends a run at the next batch and leaves a whole model", async ({ page }) => {
  const { error, before, after, state } = await page.evaluate(async () => {
    const { model, train, test } = await globalThis.small();
    const controller = new AbortController();
    const run = model.fit(train, {
      epochs: 1000,
      signal: controller.signal,
      onEpochEnd: ({ epoch }) => {
        if (epoch === 1) controller.abort();
      },
    });
    const error = await globalThis.failure(() => run);
    const before = await model.evaluate(test);
    await model.fit(train);
    return { error, before, after: await model.evaluate(test), state: run.state };
  });
  expect(error).toMatchObject({ name: "AbortError", code: "aborted" });
  expect(state).toBe("failed");
  expect(before.accuracy).toBeGreaterThan(0.5);
  expect(after.accuracy).toBeGreaterThan(0.5);
});

test("a run can be paused, asked in between, slowed, and stopped", { tag: "@everywhere" }, async ({
  page,
}) => {
  const result = await page.evaluate(async () => {
    const { model, train, test } = await globalThis.small();
    let batches = 0;
    let rate = 0;
    const run = model.fit(train, {
      epochs: 1000,
      progressInterval: 0,
      onBatchEnd: ({ learningRate }) => {
        batches += 1;
        rate = learningRate;
      },
    });
    const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    while (batches < 20) await wait(5);
    await run.pause();
    // What was under way when the command arrived is still reported.
    await wait(50);
    const paused = batches;
    const { accuracy } = (await model.evaluate(test)) as { accuracy: number };
    await wait(150);
    const still = batches;
    const state = run.state;
    await run.setLearningRate(0.0005);
    await run.resume();
    while (batches < paused + 20) await wait(5);
    await run.stop();
    const { stopped } = await run;
    return { paused, still, state, accuracy, rate, stopped, end: run.state };
  });
  expect(result.still).toBe(result.paused);
  expect(result).toMatchObject({ state: "paused", stopped: true, end: "done" });
  expect(result.rate).toBeCloseTo(0.0005, 9);
  expect(result.accuracy).toBeGreaterThan(0);
});

test("what is said to a run before the engine has it holds", { tag: "@everywhere" }, async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { model, train } = await globalThis.small();
    const stopped = model.fit(train, { epochs: 100_000 });
    // Nothing has gone to the worker yet.
    await stopped.stop();
    const before = await stopped;
    let batches = 0;
    const paused = model.fit(train, {
      epochs: 100_000,
      progressInterval: 0,
      onBatchEnd: () => {
        batches += 1;
      },
    });
    await paused.pause();
    const wait = () => new Promise((resolve) => setTimeout(resolve, 150));
    // What was under way when the command arrived is still reported.
    await wait();
    const first = batches;
    await wait();
    const still = batches;
    await paused.stop();
    await paused;
    return { stopped: before.stopped, epochs: before.epochs, first, still };
  });
  expect(result.stopped).toBe(true);
  expect(result.epochs).toBeLessThan(2);
  expect(result.still).toBe(result.first);
});

test("it runs inside a worker of the page", { tag: "@everywhere" }, async ({ page }) => {
  const accuracy = await page.evaluate(async () => {
    const source = `
      import { data, layers, sequential } from ${JSON.stringify(new URL("./node_modules/tabgrad/dist/index.js", location.href).href)};
      const model = sequential({ inputShape: [2], layers: [layers.dense({ units: 2, activation: "softmax" })] });
      model.compile({ optimizer: { type: "sgd", learningRate: 1 }, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
      const set = data.fromArrays({ x: [[0, 1], [1, 0]], y: [0, 1] });
      await model.fit(set, { epochs: 50 });
      postMessage((await model.evaluate(set)).accuracy);
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), {
      type: "module",
    });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  });
  expect(accuracy).toBe(1);
});

test("classes count as much as they are told to", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data, layers, sequential } = globalThis.tabgrad;
    // Nine of ten are of the first class, and the two overlap.
    const y = Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    const x = y.map((label, i) => [((i * 37) % 100) / 100 + 0.4 * label]);
    const set = data.fromArrays({ x, y, classNames: ["usual", "rare"] });
    const rare = await set.subset(y.flatMap((label, i) => (label === 1 ? [i] : [])));
    const train = async (classWeight?: number[] | { [name: string]: number } | "balanced") => {
      const model = sequential({
        inputShape: [1],
        seed: 3,
        layers: [layers.dense({ units: 2, activation: "softmax" })],
      });
      model.compile({
        optimizer: { type: "sgd", learningRate: 0.5 },
        loss: "sparseCategoricalCrossentropy",
        metrics: ["accuracy"],
      });
      const options = { epochs: 40, seed: 1, ...(classWeight ? { classWeight } : {}) };
      const { history } = await model.fit(set, options);
      return { loss: history.loss, recall: (await model.evaluate(rare)).accuracy };
    };
    const failures = [];
    for (const wrong of [{ odd: 2 }, [1, 2, 3], [1, -1]]) {
      failures.push(await globalThis.failure(() => train(wrong as number[])));
    }
    return {
      plain: await train(),
      even: await train([1, 1]),
      balanced: await train("balanced"),
      numbers: await train([200 / 360, 5]),
      names: await train({ rare: 5 }),
      same: await train([1, 5]),
      keys: await train({ 1: 5 }),
      failures,
    };
  });
  expect(found.even).toEqual(found.plain);
  expect(found.balanced).toEqual(found.numbers);
  expect(found.names).toEqual(found.same);
  expect(found.keys).toEqual(found.same);
  expect(found.plain.recall).toBe(0);
  expect(found.balanced.recall).toBeGreaterThan(0.5);
  expect(found.failures).toMatchObject([
    { code: "argument", message: expect.stringContaining('the class "odd"') },
    { code: "argument", message: expect.stringContaining("found 3 weights") },
    { code: "argument", message: expect.stringContaining("found -1") },
  ]);
});
