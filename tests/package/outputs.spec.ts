/** Models with several inputs and outputs, and samples that do not all count the same. */
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("several outputs are trained by their names", { tag: "@everywhere" }, async ({ page }) => {
  const { history, logs, batch, none, unclear, shapes, wrong } = await page.evaluate(async () => {
    const { data, input, layers, model } = globalThis.tabgrad;
    const [left, right] = [input({ name: "left", shape: [3] }), input({ name: "right", shape: [2] })];
    const hidden = layers
      .dense({ units: 8, activation: "tanh" })
      .apply(layers.concatenate().apply([left, right]));
    const digit = layers.dense({ name: "digit", units: 3, activation: "softmax" }).apply(hidden);
    const size = layers.dense({ name: "size", units: 1 }).apply(hidden);
    const net = model({ inputs: [left, right], outputs: [digit, size], seed: 3 });
    net.compile({
      optimizer: "adam",
      loss: { digit: "sparseCategoricalCrossentropy", size: { type: "huber", delta: 0.5 } },
      lossWeights: { size: 0.5 },
      metrics: { digit: ["accuracy"], size: ["meanAbsoluteError"] },
    });
    const samples = 60;
    const numbers = (width: number) => ({
      data: Float32Array.from({ length: samples * width }, (_, i) => ((i * 37) % 17) / 17),
      shape: [samples, width],
    });
    const x = { right: numbers(2), left: numbers(3) };
    const y = {
      size: Float32Array.from({ length: samples }, (_, i) => (i % 7) / 7),
      digit: Uint8Array.from({ length: samples }, (_, i) => i % 3),
    };
    const sampleWeight = Array.from({ length: samples }, (_, i) => i % 2);
    const set = data.fromArrays({ x, y, sampleWeight });
    const { history } = await net.fit(set, { epochs: 2, batchSize: 16, validationData: set });
    const logs = await net.evaluate(set);
    const same = await net.evaluate(x, y, { sampleWeight });
    if (JSON.stringify(logs) !== JSON.stringify(same)) throw new Error(JSON.stringify([logs, same]));
    const list = await net.evaluate([x.left, x.right], [y.digit, y.size], { sampleWeight });
    if (JSON.stringify(logs) !== JSON.stringify(list)) throw new Error(JSON.stringify([logs, list]));
    const batch = await net.trainOnBatch(x, y);
    const none = [];
    for (const digit of [[0, 0, 0], { 0: 0, 1: 0, 2: 0 }]) {
      none.push((await net.trainOnBatch(x, y, { classWeight: { digit } })).digitLoss);
    }
    const ofClasses = await net.fit(set, { classWeight: { digit: [0, 0, 0] } });
    none.push(
      ofClasses.history.digitLoss?.[0],
      (await net.trainOnBatch(set, { classWeight: { digit: [0, 0, 0] } })).digitLoss,
    );
    await net.fit(set, { classWeight: { digit: "balanced" } });
    const unclear = await globalThis.failure(() => net.fit(set, { classWeight: [1, 2] }));
    const outputs = await net.predictAll(set);
    const shapes = Object.entries(outputs).map(([name, { shape }]) => [name, shape]);
    const wrong = await globalThis.failure(() => net.fit(x, { digit: y.digit }));
    return { history, logs, batch, none, unclear, shapes, wrong };
  });
  const names = ["digitAccuracy", "digitLoss", "loss", "sizeLoss", "sizeMeanAbsoluteError"];
  expect(Object.keys(logs).sort()).toEqual(names);
  expect(Object.keys(batch).sort()).toEqual(names);
  const validation = names.map((name) => `val${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  expect(Object.keys(history).sort()).toEqual([...names, ...validation].sort());
  expect(logs.loss).toBeCloseTo((logs.digitLoss as number) + 0.5 * (logs.sizeLoss as number), 5);
  expect(shapes).toEqual([
    ["digit", [60, 3]],
    ["size", [60, 1]],
  ]);
  expect(none).toEqual([0, 0, 0, 0]);
  expect(unclear).toMatchObject({ code: "argument", message: expect.stringContaining("digit, size") });
  expect(wrong).toMatchObject({ code: "data" });
  expect(wrong.message).toContain('no targets of the output "size"');
});

test("samples keep their weights wherever they go", async ({ page }) => {
  const { weights, chosen, other, before, without, wrong } = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const { model, train } = await globalThis.small();
    const first = await train.subset(Array.from({ length: 40 }, (_, i) => i));
    const sampleWeight = Array.from({ length: 40 }, (_, i) => i % 4);
    const weighted = await first.subset(
      Array.from({ length: 40 }, (_, i) => i),
      { sampleWeight },
    );
    const [rest] = await weighted.split({ fraction: 0.5, seed: 1 });
    return {
      weights: Array.from((await weighted.sampleWeight()) ?? []),
      chosen: Array.from((await (await weighted.subset([3, 5, 2])).sampleWeight()) ?? []),
      other: (await rest.sampleWeight())?.length,
      before: (await model.evaluate(weighted)).loss,
      without: (await model.evaluate(first)).loss,
      wrong: await globalThis.failure(() =>
        data.fromArrays({ x: [[1], [2]], y: [0, 1], sampleWeight: [1, -1] }).counts(),
      ),
    };
  });
  expect(weights.slice(0, 6)).toEqual([0, 1, 2, 3, 0, 1]);
  expect(chosen).toEqual([3, 1, 2]);
  expect(other).toBe(20);
  expect(before).not.toBeCloseTo(without as number, 2);
  expect(wrong).toMatchObject({ code: "data" });
  expect(wrong.message).toContain("the weight of sample 1 is -1");
});
