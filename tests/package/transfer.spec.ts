/** Models that are made of others. */
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("a model is cut at a layer and gets another end", async ({ page }) => {
  const { layers, cut, whole, same, names, accuracy, missing } = await page.evaluate(async () => {
    const { layers, sequential } = globalThis.tabgrad;
    const { model, train, test } = await globalThis.small();
    await model.fit(train, { epochs: 1 });
    const { testPixels } = await globalThis.digits();
    const x = { data: testPixels?.slice(0, 3 * 784) as Uint8Array, shape: [3, 28, 28, 1] };
    const front = await model.upTo("flatten");
    const cut = Array.from((await front.predict(x)).data);
    const whole = Array.from((await model.activations(x, ["flatten"])).flatten?.data ?? []);
    const next = sequential({
      base: front,
      seed: 3,
      layers: [layers.dense({ units: 10, activation: "softmax" })],
    });
    const kernel = async (of: typeof model) =>
      Array.from((await of.getWeights()).find(({ name }) => name === "conv2d/kernel")?.data ?? []);
    const same = JSON.stringify(await kernel(next)) === JSON.stringify(await kernel(model));
    next.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    await next.fit(train, { epochs: 2 });
    const { accuracy } = await next.evaluate(test);
    return {
      layers: model.layers.map(({ name, type }) => [name, type]),
      cut,
      whole,
      same,
      names: next.layers.map(({ name }) => name),
      accuracy,
      missing: await globalThis.failure(() => model.upTo("pool")),
    };
  });
  expect(layers[0]).toEqual(["conv2d", "conv2d"]);
  expect(cut.length).toBe(3 * 12 * 12 * 8);
  expect(Math.max(...cut.map((value, at) => Math.abs(value - (whole[at] as number))))).toBeLessThan(1e-5);
  expect(same).toBe(true);
  expect(names).toEqual(["conv2d", "maxPooling2d", "flatten", "dense"]);
  expect(accuracy).toBeGreaterThan(0.8);
  expect(missing.code).toBe("notFound");
});

test("a picture and its mirror image are answered by the same weights", async ({ page }) => {
  const { own, mirrored, both } = await page.evaluate(async () => {
    const { sequential, layers, input, model } = globalThis.tabgrad;
    const net = sequential({
      inputShape: [4, 4, 1],
      seed: 3,
      layers: [
        layers.conv2d({ filters: 4, kernelSize: 3 }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    });
    const picture = input({ shape: [4, 4, 1] });
    const image = layers.flip({ axis: 2 }).apply(picture);
    const answers = [net.apply(picture), net.apply(image)];
    const mean = model({ inputs: picture, outputs: layers.average().apply(answers) });
    const pixels = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i * i));
    const flipped = pixels.map((_, i) => pixels[i - (i % 4) + 3 - (i % 4)] as number);
    const ask = async (who: typeof net, data: Float32Array) =>
      Array.from((await who.predict({ data, shape: [1, 4, 4, 1] })).data);
    return { own: await ask(net, pixels), mirrored: await ask(net, flipped), both: await ask(mean, pixels) };
  });
  expect(mirrored).not.toEqual(own);
  for (const [i, answer] of both.entries()) {
    expect(answer).toBeCloseTo(((own[i] as number) + (mirrored[i] as number)) / 2, 6);
  }
});

test("a model is part of a graph under names of its own, with copies of its weights", async ({ page }) => {
  const { names, own, left, both, after, refused } = await page.evaluate(async () => {
    const { sequential, layers, input, model } = globalThis.tabgrad;
    const net = sequential({
      inputShape: [3],
      seed: 3,
      layers: [layers.dense({ units: 4, activation: "tanh" }), layers.dense({ units: 2, name: "end" })],
    });
    const other = await net.clone();
    const weights = async (of: typeof net) =>
      (await of.getWeights()).map(({ name, data }) => [name, [...data]] as const);
    await other.setWeights(
      (await net.getWeights()).map(({ name, data }) => ({ name, data: data.map((w) => w + 1) })),
    );
    const [one, two] = [input({ shape: [3], name: "one" }), input({ shape: [3], name: "two" })];
    const answers = [net.apply(one, { prefix: "left_" }), other.apply(two, { prefix: "right_" })];
    const pair = model({ inputs: [one, two], outputs: layers.subtract().apply(answers) });
    const x = Float32Array.of(0.5, -1, 2);
    const ask = async (of: typeof net, given: Parameters<typeof net.predict>[0]) => [
      ...(await of.predict(given)).data,
    ];
    const both = await ask(pair, { one: x, two: x });
    const apart = [await ask(net, x), await ask(other, x)] as const;
    const left = Object.fromEntries(await weights(pair));
    const own = Object.fromEntries(await weights(net));
    // Copies: what becomes of the one is nothing to the other.
    await net.setWeights([{ name: "end/bias", data: [7, 7] }]);
    return {
      names: Object.keys(left),
      own: [own["dense/kernel"], own["end/kernel"]],
      left: [left["left_dense/kernel"], left["left_end/kernel"]],
      both: [both, apart[0].map((value, i) => value - (apart[1][i] as number))],
      after: await ask(pair, { one: x, two: x }),
      refused: await globalThis.failure(() => net.apply(one, { prefix: "left/" })),
    };
  });
  expect(names).toEqual(
    ["left", "right"].flatMap((side) =>
      ["dense/kernel", "dense/bias", "end/kernel", "end/bias"].map((name) => `${side}_${name}`),
    ),
  );
  expect(left).toEqual(own);
  for (const [i, value] of (both[0] as number[]).entries())
    expect(value).toBeCloseTo(both[1]?.[i] as number, 6);
  expect(after).toEqual(both[0]);
  expect(refused).toMatchObject({ name: "TabgradError", code: "argument" });
  expect(refused.message).toContain('the layer\'s name "left/dense" has a "/"');
});

test("weights go from a file or a model to another by name", async ({ page }) => {
  const { report, refused, after, before } = await page.evaluate(async () => {
    const { layers, sequential } = globalThis.tabgrad;
    const { model, train } = await globalThis.small();
    await model.fit(train, { epochs: 1 });
    const other = sequential({
      inputShape: [28, 28, 1],
      layers: [
        layers.conv2d({ filters: 8, kernelSize: 5, activation: "relu" }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 3 }),
        layers.dense({ units: 2, name: "more" }),
      ],
    });
    const numbers = async () => (await other.getWeights()).map(({ data }) => data[0]);
    const before = await numbers();
    const refused = await globalThis.failure(() => other.loadWeights(model));
    const unchanged = await numbers();
    if (JSON.stringify(before) !== JSON.stringify(unchanged)) throw new Error("weights changed");
    const report = await other.loadWeights(await model.export("safetensors"), { byName: true });
    return { report, refused, before, after: await numbers() };
  });
  expect(report.loaded).toEqual(["conv2d/kernel", "conv2d/bias"]);
  expect(report.missing).toEqual(["more/kernel", "more/bias"]);
  expect(report.unexpected).toEqual([]);
  expect(report.mismatched).toContainEqual({ name: "dense/bias", found: [10], expected: [3] });
  expect(refused.code).toBe("shape");
  expect(after[0]).not.toBe(before[0]);
});

test("frozen layers stay as they are", async ({ page }) => {
  const { frozen, kept, learned, thawed } = await page.evaluate(async () => {
    const { model, train } = await globalThis.small();
    const values = async (name: string) =>
      JSON.stringify(Array.from((await model.getWeights()).find((one) => one.name === name)?.data ?? []));
    const all = async () => [await values("conv2d/kernel"), await values("dense/kernel")];
    await model.fit(train, { epochs: 1 });
    const before = await all();
    model.freeze(({ type }) => type === "conv2d");
    const frozen = model.layers.filter(({ trainable }) => !trainable).map(({ name }) => name);
    await model.fit(train, { epochs: 1 });
    const after = await all();
    model.unfreeze();
    await model.fit(train, { epochs: 1 });
    const last = await all();
    return {
      frozen,
      kept: before[0] === after[0],
      learned: before[1] !== after[1],
      thawed: after[0] !== last[0],
    };
  });
  expect({ frozen, kept, learned, thawed }).toEqual({
    frozen: ["conv2d"],
    kept: true,
    learned: true,
    thawed: true,
  });
});
