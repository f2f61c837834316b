/** Outputs that need no targets, and the autoencoder that is made of them. */
import { expect, test } from "@playwright/test";
import type { Dataset } from "tabgrad";
import { givePresets, usePlainPage } from "./plain-page.js";

usePlainPage();
test.describe.configure({ timeout: 120_000 });

test.beforeEach(({ page }) => givePresets(page));

test("a variational autoencoder learns from digits alone, and makes others of codes at random", async ({
  page,
}) => {
  const { history, shapes, coded, rebuilt, brightness, own, apart, refused } = await page.evaluate(
    async () => {
      const { modelFromSpec } = globalThis.tabgrad;
      const { train, test } = await globalThis.small();
      const preset = globalThis.presets.variationalAutoencoder({ epochs: 6, code: 8, seed: 3 });
      const model = modelFromSpec(preset.spec).compile(preset.compile);
      // With the numbers of their classes, which do not matter.
      const { history } = await model.fit(train, { ...preset.fit, batchSize: 32, validationData: test });
      const outputs = await model.predictAll(test);
      const shapes = Object.entries(outputs).map(([name, { shape }]) => [name, shape]);

      const [encoder, decoder] = [await model.upTo("mean"), await model.after("code")];
      const codes = await encoder.predict(test);
      const again = (await decoder.predict(codes)).data;
      const picture = outputs.picture?.data as Float32Array;
      const rebuilt = again.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (picture[i] as number))),
        0,
      );

      let state = 1;
      const uniform = () => {
        state = (state * 16_807) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      const made = await decoder.predict({
        data: Float32Array.from({ length: 64 * 8 }, normal),
        shape: [64, 8],
      });
      const mean = (values: ArrayLike<number>) =>
        Array.from(values).reduce((a, b) => a + b, 0) / values.length;
      const { testPixels } = await globalThis.digits();
      const [first, second] = [made.data.subarray(0, 784), made.data.subarray(784, 2 * 784)];
      return {
        history,
        shapes,
        coded: codes.shape,
        rebuilt,
        brightness: mean(made.data),
        own: mean(testPixels as Uint8Array) / 255,
        apart: mean(first.map((value, i) => Math.abs(value - (second[i] as number)))),
        refused: await globalThis.failure(() => model.after("reconstruction")),
      };
    },
  );
  const names = ["divergenceLoss", "loss", "reconstructionLoss"];
  const validation = ["valDivergenceLoss", "valLoss", "valReconstructionLoss"];
  expect(Object.keys(history).sort()).toEqual([...names, ...validation]);
  const last = (name: string) => history[name]?.at(-1) as number;
  // Nats a picture. The mean of all digits, whatever the picture, would cost some 206.
  expect(last("valLoss")).toBeLessThan(175);
  expect(last("valLoss")).toBeLessThan(0.85 * (history.valLoss?.[0] as number));
  expect(last("valLoss")).toBeCloseTo(last("valReconstructionLoss") + last("valDivergenceLoss"), 3);
  // The code says something of the picture.
  expect(last("valDivergenceLoss")).toBeGreaterThan(5);
  expect(shapes).toEqual([
    ["picture", [500, 28, 28, 1]],
    ["reconstruction", [500, 784]],
    ["divergence", [500, 8]],
  ]);
  expect(coded).toEqual([500, 8]);
  expect(rebuilt).toBeLessThan(1e-5);
  // New digits have about as much ink as others, and differ.
  expect(brightness).toBeGreaterThan(0.5 * own);
  expect(brightness).toBeLessThan(1.5 * own);
  expect(apart).toBeGreaterThan(0.02);
  expect(refused).toMatchObject({ code: "argument" });
});

test("targets of outputs that take none are neither needed nor looked at", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data, input, layers, losses, model } = globalThis.tabgrad;
    const samples = 50;
    const numbers = (width: number) => ({
      data: Float32Array.from({ length: samples * width }, (_, i) => ((i * 37) % 17) / 17),
      shape: [samples, width],
    });
    const build = () => {
      const start = input({ name: "start", shape: [3] });
      const hidden = layers.dense({ units: 6, activation: "tanh", name: "small" }).apply(start);
      const size = layers.dense({ units: 1, name: "size" }).apply(hidden);
      return model({ inputs: start, outputs: [hidden, size], seed: 3 });
    };
    const small = losses.ofOutput(
      (yPred) =>
        layers
          .dense({ units: 1, useBias: false, kernelInitializer: "ones" })
          .apply(layers.multiply().apply([yPred, yPred])),
      { shape: [6] },
    );
    const [x, size] = [numbers(3), numbers(1)];
    const classes = Uint8Array.from({ length: samples }, (_, i) => i % 10);
    const alone = async (set: Dataset) => {
      const net = build().compile({ loss: { small } });
      await net.fit(set, { epochs: 2, validationSplit: 0.2 });
      return JSON.stringify([(await net.getWeights()).map((w) => Array.from(w.data)), net.history]);
    };
    // One that has targets, times nothing.
    const told = losses.custom(
      (yTrue, yPred) =>
        layers
          .add()
          .apply([
            layers
              .dense({ units: 1, useBias: false, kernelInitializer: "ones" })
              .apply(layers.multiply().apply([yPred, yPred])),
            layers.rescaling({ scale: 0 }).apply(yTrue),
          ]),
      { shape: [6], targetShape: [1] },
    );
    const nothing = { small: new Uint8Array(samples) };
    const bare = data.fromArrays({ x });
    const measured = async (loss: typeof small, set: Dataset) => {
      const net = build().compile({ loss: { small: loss } });
      const logs = [await net.evaluate(set), await net.trainOnBatch(set), await net.evaluate(set)];
      return JSON.stringify(logs);
    };
    const same = [
      await alone(data.fromArrays({ x })),
      await alone(data.fromArrays({ x, y: size })),
      await alone(data.fromArrays({ x, y: { size } })),
    ];
    const labelled = data.fromArrays({ x, y: classes, classNames: [..."abcdefghij"] });
    const classified = build().compile({ loss: { small } });
    await classified.fit(labelled);

    const net = build().compile({ loss: { small, size: "meanSquaredError" } });
    const batch = await net.trainOnBatch(x, { size });
    const metrics = build().compile({ loss: { small }, metrics: ["meanSquaredError"] });
    const logs = async (y: Parameters<typeof data.fromArrays>[0]["y"]) =>
      JSON.stringify(await net.evaluate(data.fromArrays({ x, ...(y ? { y } : {}) })));
    return {
      same,
      measured: [await measured(small, bare), await measured(told, data.fromArrays({ x, y: nothing }))],
      metrics: await globalThis.failure(() => metrics.evaluate(bare)),
      batch,
      names: classified.classNames,
      ordered: await logs(size),
      named: await logs({ size }),
      missing: await globalThis.failure(() => logs(undefined)),
      wrong: await globalThis.failure(() => logs([size, size, size])),
    };
  });
  const { same, measured, metrics, batch, names, ordered, named, missing, wrong } = found;
  expect(new Set(same).size).toBe(1);
  expect(measured[0]).toBe(measured[1]);
  expect(metrics).toMatchObject({ code: "argument", message: expect.stringContaining("takes no targets") });
  expect(names).toEqual([..."abcdefghij"]);
  expect(Object.keys(batch).sort()).toEqual(["loss", "sizeLoss", "smallLoss"]);
  expect(named).toBe(ordered);
  expect(missing).toMatchObject({ code: "data", message: expect.stringContaining("found no targets") });
  expect(wrong).toMatchObject({ code: "shape", message: expect.stringContaining("those of 1: size") });
});
