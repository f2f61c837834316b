/** Engine, worker and the page's side come in two files each: a first prediction needs one of them, the rest both. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { openPage, usePlainPage } from "./plain-page.js";

const plain = usePlainPage();
const rest = "**/tabgrad*_rest.wasm";
/** That of the engine, and that of the worker. */
const rests = /(_rest\.wasm|worker-rest\.js)(#|$)/;

test.beforeAll(() =>
  copyFile("www/public/models/digits.safetensors", join(plain.folder, "digits.safetensors")),
);

/** What the page's model says of a blank drawing. */
function predict(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const model = await globalThis.tabgrad.loadModel("digits.safetensors");
    const image = { data: new Uint8ClampedArray(280 * 280 * 4), width: 280, height: 280 };
    return [...(await model.predict(image)).data];
  });
}

test("a first prediction runs without the rest, which comes after it", async ({ page }) => {
  const files: string[] = [];
  page.on("request", (request) => files.push(request.url()));
  const loaded = page.waitForResponse(rest);
  const probabilities = await predict(page);
  await loaded;
  expect(files.filter((url) => url.endsWith("_rest.wasm"))).toHaveLength(1);

  await openPage(page, plain.url);
  await page.route(rests, (route) => route.abort());
  expect(await predict(page)).toEqual(probabilities);
});

test("a program's own model of the commonest layers predicts numbers without the rest", async ({ page }) => {
  const saved = await page.evaluate(async () => {
    const { layers, sequential } = globalThis.tabgrad;
    const model = sequential({
      inputShape: [28, 28, 1],
      layers: [
        layers.conv2d({ filters: 4, kernelSize: 5, activation: "relu" }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 10, activation: "softmax" }),
      ],
    });
    // Its optimiser waits for whoever trains it.
    model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    return [...new Uint8Array(await (await model.export("safetensors")).arrayBuffer())];
  });
  const predictSaved = () =>
    page.evaluate(async (saved) => {
      const model = await globalThis.tabgrad.loadModel(new Blob([Uint8Array.from(saved)]));
      const bytes = Uint8Array.from({ length: 784 }, (_, i) => (i * 7919) % 256);
      const floats = Float32Array.from(bytes, (byte) => byte / 255);
      const all = [bytes, floats].map(async (x) => [...(await model.predict(x)).data]);
      return Promise.all(all);
    }, saved);
  const probabilities = await predictSaved();

  await openPage(page, plain.url);
  const asked: string[] = [];
  await page.route(rests, (route) => {
    asked.push(route.request().url());
    return route.abort();
  });
  expect(await predictSaved()).toEqual(probabilities);
  expect(asked).toEqual([]);

  await page.unroute(rests);
  const measured = await page.evaluate(async (saved) => {
    const model = await globalThis.tabgrad.loadModel(new Blob([Uint8Array.from(saved)]));
    const x = { data: new Float32Array(2 * 784), shape: [2, 28, 28, 1] };
    const before = await model.evaluate(x, [0, 1]);
    await model.trainOnBatch(x, [0, 1]);
    return { compiled: model.compiled, before, after: await model.evaluate(x, [0, 1]) };
  }, saved);
  expect(measured.compiled).toMatchObject({ optimizer: { type: "adam" } });
  expect(Object.keys(measured.before).sort()).toEqual(["accuracy", "loss"]);
  expect(measured.after.loss).toBeLessThan(measured.before.loss as number);
});

test("the rest of the page's side comes after a first prediction; where it is missing, training says so", async ({
  page,
}) => {
  const ofPage = "**/index-rest.js";
  const loaded = page.waitForResponse(ofPage);
  await predict(page);
  await loaded;

  await openPage(page, plain.url);
  await page.route(ofPage, (route) => route.fulfill({ status: 404, body: "" }));
  await predict(page);
  const refused = await page.evaluate(() =>
    globalThis.failure(async () => {
      const { model, train } = await globalThis.small();
      await model.fit(train, { epochs: 1 });
    }),
  );
  expect(refused).toMatchObject({ name: "TabgradError", code: "network" });
  expect(refused.message).toMatch(/index-rest\.js cannot be loaded/);
});

test("a dataset that was disposed of does what was asked of it before", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const set = data.fromArrays({ x: Float32Array.of(1, 2, 3, 4), shape: [4, 1], y: [0, 1, 1, 0] });
    const [counts, half, archive] = [set.counts(), set.subset([1, 2]), set.export()];
    set.dispose();
    const after = await globalThis.failure(() => set.counts());
    return {
      counts: await counts,
      labels: [...(await (await half).labels())],
      size: (await archive).size,
      after,
    };
  });
  expect(found).toMatchObject({ counts: [2, 2], labels: [1, 1], after: { code: "disposed" } });
  expect(found.size).toBeGreaterThan(0);
});

test("where the worker's rest is missing, who needs it is told, and goes on when it is there", async ({
  page,
}) => {
  const list = () => globalThis.failure(() => globalThis.tabgrad.listModels());
  await page.route(rests, (route) => route.fulfill({ status: 404, body: "" }));
  const refused = await page.evaluate(list);
  expect(refused).toMatchObject({ name: "TabgradError", code: "wasm" });
  expect(refused.message).toMatch(/worker-rest\.js cannot be loaded/);
  expect(await page.evaluate(list)).toEqual(refused);
  await page.unroute(rests);
  expect(await page.evaluate(() => globalThis.tabgrad.listModels())).toEqual([]);
});

test("where the rest is missing, training says so, and goes on when it is there", async ({ page }) => {
  const fit = async () => {
    const { model, train } = await globalThis.small();
    return (await model.fit(train, { epochs: 1 })).epochs;
  };
  await page.route(rest, (route) => route.fulfill({ status: 404, body: "" }));
  const refused = await page.evaluate(`failure(${fit})`);
  expect(refused).toMatchObject({ name: "TabgradError", code: "wasm" });
  expect(refused).toHaveProperty("message", expect.stringMatching(/_rest\.wasm cannot be used.*status 404/));
  await page.unroute(rest);
  expect(await page.evaluate(fit)).toBe(1);
});

test("a prediction that needs the rest waits for it, or says that it is missing", {
  tag: "@everywhere",
}, async ({ page }) => {
  const made = await page.evaluate(async () => {
    const { layers, sequential } = globalThis.tabgrad;
    const model = sequential({
      inputShape: [4, 4, 2],
      layers: [layers.zeroPadding2d(), layers.depthwiseConv2d({ kernelSize: 3 }), layers.averagePooling2d()],
    });
    await model.save("indexeddb://parts");
    return [...(await model.predict(Float32Array.from({ length: 32 }, (_, i) => i))).data];
  });
  await openPage(page, plain.url);
  await page.route(rest, (route) => route.fulfill({ status: 404, body: "" }));
  const refused = await page.evaluate(() =>
    globalThis.failure(() => globalThis.tabgrad.loadModel("indexeddb://parts")),
  );
  expect(refused).toMatchObject({ name: "TabgradError", code: "wasm" });
  expect(refused.message).toMatch(/_rest\.wasm cannot be used.*status 404/);

  await page.unroute(rest);
  const again = await page.evaluate(async () => {
    const model = await globalThis.tabgrad.loadModel("indexeddb://parts");
    return [...(await model.predict(Float32Array.from({ length: 32 }, (_, i) => i))).data];
  });
  expect(again).toEqual(made);
});
