/** Presets: what is written about each, a few steps of its recipe, and what their options do. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { givePresets, usePlainPage } from "./plain-page.js";
import { root } from "./projects.js";

usePlainPage();
test.describe.configure({ timeout: 180_000 });
test.beforeEach(({ page }) => givePresets(page));

/** Name, parameters and multiply-adds of each row in the table of docs/results.md. */
async function documented(): Promise<[string, number, number][]> {
  const text = await readFile(join(root, "docs/results.md"), "utf8");
  const count = (digits = "") => Number(digits.replaceAll(",", ""));
  const rows = [...text.matchAll(/^\| `(\w+)\(\)` \| ([\d,]+) \| ([\d,]+) \|/gm)];
  return rows.map(([, name = "", parameters, cost]) => [name, count(parameters), count(cost)]);
}

test("each has the parameters and the cost that docs/results.md says, and a published source", async ({
  page,
}) => {
  const found = await page.evaluate(async () => {
    const reports = Object.entries(globalThis.presets).map(async ([name, preset]) => {
      const { spec, source } = preset();
      const { parameters, multiplyAdds, layers, error } = await globalThis.tabgrad.inspect(spec);
      const errors = [error, ...layers.map((layer) => layer.error)].filter(Boolean);
      return { name, parameters, multiplyAdds, source, errors };
    });
    return Promise.all(reports);
  });
  const rows = found.map(({ name, parameters, multiplyAdds }) => [name, parameters, multiplyAdds]);
  expect((await documented()).sort()).toEqual(rows.sort());
  for (const { name, source, errors } of found) {
    expect(errors, name).toEqual([]);
    expect(source, name).toMatch(/^\p{Lu}\p{L}+.*: .+, (19|20)\d\d\b/u);
  }
});

test("each learns by its recipe and predicts", async ({ page }) => {
  const names = await page.evaluate(() => Object.keys(globalThis.presets));
  for (const name of names as (keyof typeof globalThis.presets)[]) {
    const { loss, moved, shape, expected, finite } = await page.evaluate(async (name) => {
      const { data, modelFromSpec } = globalThis.tabgrad;
      const { spec, compile, fit } = globalThis.presets[name]();
      const model = modelFromSpec(spec).compile(compile);
      const { layers } = await model.inspect();
      const output = layers.find((layer) => layer.name === spec.outputs[0])?.outputShape ?? [];

      const samples = 12;
      const inputShape = [samples, ...(spec.inputs[0]?.shape ?? [])];
      const size = inputShape.reduce((product, side) => product * side);
      const first = spec.nodes[0]?.layer;
      const ids = first?.type === "embedding" ? first.inputDim : undefined;
      const x = Float32Array.from({ length: size }, (_, i) =>
        ids === undefined ? ((i * 37) % 101) / 100 : (i * 7) % ids,
      );
      // Pictures that are to come out as they go in, an id for each position, or a class.
      const rebuilds = compile.loss === "meanSquaredError";
      const next = output.length === 2;
      const y =
        rebuilds || next ? { data: x, shape: inputShape } : Uint8Array.from(Array(samples), (_, i) => i % 2);
      const set = data.fromArrays({ x, shape: inputShape, y });

      const before = await model.predict(set);
      // All of the recipe but its length: a schedule goes over as many steps as there are.
      const { history } = await model.fit(set, { ...fit, epochs: 1, batchSize: 4 });
      const after = await model.predict(set);
      model.dispose();
      return {
        loss: history.loss?.[0],
        moved: after.data.some((value, i) => value !== before.data[i]),
        shape: after.shape,
        expected: [samples, ...output],
        finite: after.data.every(Number.isFinite),
      };
    }, name);
    expect(loss, name).toBeGreaterThan(0);
    expect(loss, name).toBeLessThan(1000);
    expect([moved, finite], name).toEqual([true, true]);
    expect(shape, name).toEqual(expected);
  }
});

test("a denoising autoencoder with noise of its own learns from clean pictures", async ({ page }) => {
  const { first, usual, noisy, rebuilt, same } = await page.evaluate(async () => {
    const { data, modelFromSpec } = globalThis.tabgrad;
    const { pixels } = await globalThis.digits();
    if (!pixels) throw new Error("digits.bin is not whole");
    const shape = [1000, 28, 28, 1];
    const clean = Float32Array.from(pixels.subarray(0, 1000 * 784), (byte) => byte / 255);
    const preset = globalThis.presets.denoisingAutoencoder({ noise: 0.5, epochs: 3 });
    const model = modelFromSpec(preset.spec).compile(preset.compile);
    const set = data.fromArrays({ x: clean, shape, y: { data: clean, shape } });
    await model.fit(set, { ...preset.fit, seed: 3 });

    // Noise of the same deviation: the sum of 12 evenly distributed numbers is about normally distributed.
    let state = 1;
    const uniform = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    const seen = clean.slice(0, 100 * 784);
    for (const i of seen.keys()) {
      let sum = -6;
      for (let n = 0; n < 12; n += 1) sum += uniform();
      seen[i] = (seen[i] as number) + sum / 2;
    }
    const error = (found: Float32Array) =>
      found.reduce((sum, value, i) => sum + (value - (clean[i] as number)) ** 2, 0) / found.length;
    const ask = async () => (await model.predict({ data: seen, shape: [100, 28, 28, 1] })).data;
    const answer = await ask();
    return {
      first: preset.spec.nodes[0]?.layer,
      usual: globalThis.presets.denoisingAutoencoder().spec.nodes[0]?.layer.type,
      noisy: error(seen),
      rebuilt: error(answer),
      same: JSON.stringify([...answer]) === JSON.stringify([...(await ask())]),
    };
  });
  expect(first).toEqual({ type: "gaussianNoise", stddev: 0.5 });
  expect(usual).toBe("conv2d");
  expect(noisy).toBeCloseTo(0.25, 1);
  // Black pictures would have an error of 0.1.
  expect(rebuilt).toBeLessThan(0.05);
  expect(same).toBe(true);
});
