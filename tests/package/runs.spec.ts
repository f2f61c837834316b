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
