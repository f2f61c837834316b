/** Saved models in a page. */
import { expect, test } from "@playwright/test";
import { openPage, usePlainPage } from "./plain-page.js";

const plain = usePlainPage();

test("a saved run goes on after a reload as if nothing had happened", { tag: "@everywhere" }, async ({
  page,
}) => {
  const unbroken = await page.evaluate(async () => {
    const { model, train, test } = await globalThis.small();
    await model.fit(train, { epochs: 3, seed: 3 });
    return model.evaluate(test);
  });
  await page.evaluate(async () => {
    const { model, train } = await globalThis.small();
    const { checkpoint } = globalThis.tabgrad.callbacks;
    await model.fit(train, {
      epochs: 2,
      seed: 3,
      callbacks: [checkpoint({ url: "indexeddb://a run, 50%" })],
    });
  });
  await openPage(page, plain.url);
  const resumed = await page.evaluate(async () => {
    const { loadModel } = globalThis.tabgrad;
    const { train, test } = await globalThis.small();
    const model = await loadModel("indexeddb://a run, 50%");
    const epochs = model.history.loss?.length ?? 0;
    await model.fit(train, { epochs: 3, initialEpoch: epochs, seed: 3 });
    return { epochs, evaluated: await model.evaluate(test), history: model.history.loss?.length };
  });
  expect(resumed).toEqual({ epochs: 2, evaluated: unbroken, history: 3 });
});

test("stored models are listed, copied, renamed, replaced and removed", { tag: "@everywhere" }, async ({
  page,
}) => {
  const result = await page.evaluate(async () => {
    const { copyModel, listModels, loadModel, removeModel, renameModel, storageUsage } = globalThis.tabgrad;
    const { model, train } = await globalThis.small();
    await model.fit(train);
    await model.save("indexeddb://a");
    const refused = await globalThis.failure(() => model.save("indexeddb://a", { overwrite: false }));
    await copyModel("indexeddb://a", "indexeddb://b");
    await renameModel("indexeddb://a", "indexeddb://c");
    const listed = await listModels();
    const { models } = await storageUsage();
    const missing = await globalThis.failure(() => loadModel("indexeddb://a"));
    const nameless = await globalThis.failure(() => model.save("indexeddb://"));
    const file = await model.export("safetensors");
    const cut = await globalThis.failure(() => loadModel(file.slice(0, file.size - 8)));
    const other = await globalThis.failure(() => loadModel(new Blob(["a text"])));
    await removeModel("indexeddb://b");
    await removeModel("indexeddb://c");
    return { refused, listed, models, missing, nameless, cut, other, left: (await listModels()).length };
  });
  expect(result.listed.map(({ name }) => name)).toEqual(["b", "c"]);
  expect(result.listed[1]).toMatchObject({
    url: "indexeddb://c",
    inputShape: [28, 28, 1],
    epochs: 1,
    includesOptimizer: false,
    classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    metrics: { accuracy: expect.any(Number), loss: expect.any(Number) },
  });
  expect(result.models).toBe(result.listed.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(result.refused).toMatchObject({ code: "argument", message: 'There is a model "a" already.' });
  expect(result.missing).toMatchObject({
    code: "notFound",
    message: 'There is no model "a"; saved here are "b", "c".',
  });
  expect(result.nameless.code).toBe("argument");
  expect(result.cut.code).toBe("format");
  expect(result.other.code).toBe("format");
  expect(result.left).toBe(0);
});

test("a store that is refused is said so, and the model is not lost", async ({ page }) => {
  // As in a private window: the worker's global object has the function, which fails.
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    const refuse =
      "IDBFactory.prototype.open = () => { throw new DOMException('not here', 'SecurityError'); };";
    await route.fulfill({ response, body: `${refuse}\n${await response.text()}` });
  });
  const { error, file } = await page.evaluate(async () => {
    const { model } = await globalThis.small();
    const error = await globalThis.failure(() => model.save("indexeddb://a"));
    return { error, file: (await model.export("safetensors")).size };
  });
  expect(error).toMatchObject({ code: "storage", message: expect.stringContaining("private windows") });
  expect(file).toBeGreaterThan(0);
});

test("a full store is said so, and what was saved before stays whole", async ({ page, browserName }) => {
  test.skip(browserName !== "chromium", "the quota is set through Chromium's own protocol");
  const client = await page.context().newCDPSession(page);
  const origin = new URL(plain.url).origin;
  // Room for the first model, not for the second, which has a million weights.
  await client.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 2_000_000 });
  await page.evaluate(async () => {
    const { model } = await globalThis.small();
    await model.save("indexeddb://a");
  });
  const { error, loaded } = await page.evaluate(async () => {
    const { layers, loadModel, sequential } = globalThis.tabgrad;
    const large = sequential({ inputShape: [1000], layers: [layers.dense({ units: 1000 })] });
    const error = await globalThis.failure(() => large.save("indexeddb://a"));
    return { error, loaded: (await loadModel("indexeddb://a")).spec.inputs[0]?.shape };
  });
  expect(error).toMatchObject({ code: "quota", message: expect.stringContaining("storage is full") });
  expect(loaded).toEqual([28, 28, 1]);
});
