/** Penalties, limits and frozen layers by the names that they have in Keras: that the engine knows them. */
import { expect, test } from "@playwright/test";
import type { LayerOptions } from "tabgrad";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("what has an initializer has a regularizer and a constraint of that name, in every layer", async ({
  page,
}) => {
  const found = await page.evaluate(async () => {
    const { constraints, layers, layerTypes, regularizers, sequential } = globalThis.tabgrad;
    const sizes = { filters: 2, kernelSize: 1, units: 2, inputDim: 9, outputDim: 2, numHeads: 2, keyDim: 3 };
    const found: { [layer: string]: { parameters: string[]; error: string | undefined } } = {};
    for (const { type, attributes } of await layerTypes()) {
      const names = attributes.map(({ name }) => name);
      const parameters = names.flatMap((name) => /^(.+)Initializer$/.exec(name)?.[1] ?? []);
      if (parameters.length === 0) continue;
      const bare = Object.fromEntries(Object.entries(sizes).filter(([name]) => names.includes(name)));
      const settings = parameters.flatMap((name) => [
        [`${name}Regularizer`, regularizers.l2()],
        [`${name}Constraint`, constraints.maxNorm()],
      ]);
      const make = layers[type as keyof typeof layers] as (given: object) => ReturnType<typeof layers.dense>;
      const errorAt = async (inputShape: number[], given: object) => {
        const net = sequential({ inputShape, layers: [make(given)] });
        return (await net.inspect()).layers[0]?.error;
      };
      // Each takes inputs of one of these shapes.
      for (const shape of [[6], [6, 3], [6, 6, 3]]) {
        if ((await errorAt(shape, bare)) !== undefined) continue;
        found[type] = {
          parameters,
          error: await errorAt(shape, { ...bare, ...Object.fromEntries(settings) }),
        };
        break;
      }
      found[type] ??= { parameters, error: "takes none of the shapes" };
    }
    return found;
  });
  expect(found.lstm?.parameters).toEqual(["kernel", "recurrent", "bias"]);
  expect(Object.keys(found)).toEqual(
    expect.arrayContaining(["dense", "separableConv2d", "multiHeadAttention"]),
  );
  for (const [layer, { error }] of Object.entries(found)) expect(error, layer).toBeUndefined();
});

test("a layer in both directions or at every step is penalised, limited and frozen by its own settings", async ({
  page,
}) => {
  const found = await page.evaluate(async () => {
    const { constraints, layers, regularizers, sequential } = globalThis.tabgrad;
    const x = { data: Float32Array.from({ length: 4 * 5 * 3 }, (_, i) => Math.sin(i * i)), shape: [4, 5, 3] };
    const y = [0, 1, 1, 0];
    const trained = async (settings: LayerOptions) => {
      const net = sequential({
        inputShape: [5, 3],
        seed: 2,
        layers: [
          layers.timeDistributed({ layer: layers.dense({ units: 3, ...settings }) }),
          layers.bidirectional({ layer: layers.lstm({ units: 2, ...settings }) }),
          layers.dense({ units: 2, activation: "softmax" }),
        ],
      });
      net.compile({ optimizer: { type: "sgd", learningRate: 0.1 }, loss: "sparseCategoricalCrossentropy" });
      const weights = async () =>
        Object.fromEntries((await net.getWeights()).map(({ name, data }) => [name, [...data]]));
      const before = await weights();
      const { loss } = await net.evaluate(x, y);
      await net.trainOnBatch(x, y);
      return { before, loss: loss as number, after: await weights() };
    };
    return {
      plain: await trained({}),
      costly: await trained({ kernelRegularizer: regularizers.l2(1) }),
      limited: await trained({ kernelConstraint: constraints.maxNorm({ maxValue: 0.1 }) }),
      frozen: await trained({ trainable: false }),
    };
  });
  const { plain, costly, limited, frozen } = found;
  const kernels = ["timeDistributed/kernel", "bidirectional/forwardKernel", "bidirectional/backwardKernel"];
  const squares = (values: number[] = []) => values.reduce((sum, value) => sum + value ** 2, 0);
  const cost = kernels.reduce((sum, name) => sum + squares(costly.before[name]), 0);
  expect(costly.loss - plain.loss).toBeCloseTo(cost, 4);
  for (const name of kernels) {
    expect(plain.after[name], name).not.toEqual(plain.before[name]);
    expect(frozen.after[name], name).toEqual(plain.before[name]);
    // No column of a kernel is longer, so no number in it is larger.
    expect(Math.max(...(limited.after[name] ?? []).map(Math.abs)), name).toBeLessThan(0.100001);
    expect(squares(limited.after[name]), name).toBeGreaterThan(0);
  }
  const rest = ["bidirectional/forwardRecurrentKernel", "bidirectional/backwardBias", "timeDistributed/bias"];
  for (const name of rest) expect(frozen.after[name], name).toEqual(plain.before[name]);
  expect(frozen.after["dense/kernel"]).not.toEqual(plain.before["dense/kernel"]);
});
