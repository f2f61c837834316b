/** Bad input, files of every kind, and what fails: each is said in words and leaves the rest whole. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { openPage, trap, usePlainPage } from "./plain-page.js";
import { serve } from "./projects.js";

const plain = usePlainPage();

/** These files as a zip archive. */
async function zipOf(files: readonly { path: string; bytes: number[] }[]): Promise<number[]> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const { path, bytes } of files) await writer.add(path, new Uint8ArrayReader(Uint8Array.from(bytes)));
  return Array.from(await writer.close());
}

test("what is wrong is said in words", async ({ page }) => {
  const errors = await page.evaluate(async () => {
    const { data, layers, sequential } = globalThis.tabgrad;
    const { failure } = globalThis;
    const { model, train } = await globalThis.small();
    const narrow = (shape: number[]) =>
      sequential({
        inputShape: shape,
        layers: [layers.conv2d({ filters: 2, kernelSize: 11, name: "wide" })],
      });
    const dense = sequential({
      inputShape: [2],
      layers: [layers.dense({ units: 3, activation: "softmax" })],
    });
    dense.compile({ loss: "sparseCategoricalCrossentropy" });
    const wild = sequential({ inputShape: [2], layers: [layers.dense({ units: 1 })] });
    wild.compile({ optimizer: { type: "sgd", learningRate: 1e30 }, loss: "meanSquaredError" });
    const gone = data.fromArrays({ x: [[1, 2]], y: [0] });
    gone.dispose();
    return {
      shape: await failure(() => narrow([8, 8, 1]).predict(new Float32Array(64))),
      input: await failure(() => model.predict({ data: new Float32Array(12), shape: [1, 12] })),
      nan: await failure(() => dense.fit([[1, Number.NaN]], [0])),
      label: await failure(() => dense.fit([[1, 2]], [3])),
      empty: await failure(() => dense.fit([], [])),
      compiled: await failure(() =>
        sequential({ inputShape: [2], layers: [layers.flatten()] }).fit([[1, 2]], [0]),
      ),
      loss: await failure(() =>
        dense
          .compile({ loss: "hinges" as "meanSquaredError" })
          .inspect()
          .then(() => dense.fit(train)),
      ),
      diverged: await failure(() =>
        wild.fit(
          [
            [1, 2],
            [3, 4],
          ],
          [[5], [6]],
          { epochs: 50 },
        ),
      ),
      weights: (await wild.getWeights()).every(({ data }) => data.every(Number.isFinite)),
      disposed: await failure(() => gone.counts()),
      image: await failure(() => model.classify(new Blob(["no image"], { type: "image/png" }))),
    };
  });
  expect(errors.shape).toMatchObject({ name: "TabgradError", code: "shape", layer: "wide" });
  expect(errors.shape.message).toContain("11");
  expect(errors.input.code).toBe("shape");
  expect(errors.nan).toMatchObject({ code: "data", message: expect.stringContaining("NaN") });
  expect(errors.label).toMatchObject({ code: "data", message: expect.stringContaining("3") });
  expect(errors.empty.code).toMatch(/data|shape/);
  expect(errors.compiled).toMatchObject({ code: "argument", message: expect.stringContaining("compile") });
  expect(errors.loss).toMatchObject({ code: "argument", message: expect.stringContaining("hinge") });
  expect(errors.diverged.code).toBe("diverged");
  expect(errors.weights).toBe(true);
  expect(errors.disposed.code).toBe("disposed");
  expect(errors.image).toMatchObject({ code: "format", message: expect.stringContaining("image/png") });
});

test("images in folders and in a zip archive become a dataset, and what cannot be read is named", {
  tag: "@everywhere",
}, async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const picture = async (gray: number) => {
      const canvas = new OffscreenCanvas(6, 4);
      const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
      context.fillStyle = `rgb(${gray}, ${gray}, ${gray})`;
      context.fillRect(0, 0, 6, 4);
      return canvas.convertToBlob();
    };
    const files = [
      { path: "set/black/1.png", file: await picture(0) },
      { path: "set/white/1.png", file: await picture(255) },
      { path: "set/white/2.png", file: await picture(254) },
      { path: "set/white/notes.txt", file: new Blob(["a text"]) },
      { path: "set/.DS_Store", file: new Blob(["x"]) },
    ];
    const loose = await data.fromFiles(files);
    const samples = await loose.samples([0, 1, 2]);
    const broken = await globalThis.failure(() =>
      data.fromFiles(new Blob(["PK\u0003\u0004, but no archive"])),
    );
    const bytes = await Promise.all(
      files.map(async ({ path, file }) => ({
        path,
        bytes: Array.from(new Uint8Array(await file.arrayBuffer())),
      })),
    );
    return {
      bytes,
      classNames: loose.classNames,
      shape: loose.shape,
      counts: await loose.counts(),
      unreadable: loose.report.unreadable,
      values: samples.map(({ data, label }) => [data[0], label]),
      broken,
    };
  });
  expect(result).toMatchObject({
    classNames: ["black", "white"],
    shape: [4, 6, 1],
    counts: [1, 2],
    unreadable: [{ name: "set/white/notes.txt", code: "format", message: expect.stringContaining("text") }],
    values: [
      [0, 0],
      [255, 1],
      [254, 1],
    ],
    broken: { code: "format" },
  });

  const archive = await zipOf(result.bytes);
  const unpacked = await page.evaluate(async (archive) => {
    const { data } = globalThis.tabgrad;
    const whole = new Blob([Uint8Array.from(archive)]);
    const set = await data.fromFiles(whole, { size: [2, 3], channels: 3 });
    const cut = await globalThis.failure(() => data.fromFiles(whole.slice(0, whole.size / 2)));
    return { shape: set.shape, counts: await set.counts(), unreadable: set.report.unreadable.length, cut };
  }, archive);
  expect(unpacked).toMatchObject({
    shape: [2, 3, 3],
    counts: [1, 2],
    unreadable: 1,
    cut: { code: "format" },
  });
});

test("an engine that fails is replaced, and models and datasets come back", async ({ page }) => {
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${trap}\n${await response.text()}` });
  });
  const result = await page.evaluate(async () => {
    const { model, train, test } = await globalThis.small();
    await model.fit(train, { epochs: 2, validationData: test });
    const before = await model.evaluate(test);
    const x = { data: new Uint8Array(3 * 784), shape: [3, 28, 28, 1] };
    const error = await globalThis.failure(() => model.predict(x));
    const after = await model.evaluate(test);
    const { history } = await model.fit(train, { epochs: 3, initialEpoch: 2 });
    return { before, error, after, classNames: model.classNames.length, epochs: history.loss?.length };
  });
  expect(result.error).toMatchObject({ code: "internal", message: expect.stringContaining("was replaced") });
  expect(result.after).toEqual(result.before);
  expect(result).toMatchObject({ classNames: 10, epochs: 1 });
});

test("a policy that forbids the engine's worker is named", { tag: "@everywhere" }, async ({ page }) => {
  const policy = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'none'";
  const { url, server } = await serve(plain.folder, { "Content-Security-Policy": policy });
  try {
    await openPage(page, url);
    const error = await page.evaluate(() => globalThis.failure(() => globalThis.tabgrad.layerTypes()));
    expect(error).toMatchObject({
      name: "TabgradError",
      code: "wasm",
      message: expect.stringMatching(/worker\.js failed.*worker-src 'self'/),
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a missing engine file is named, with what to do", async ({ page }) => {
  const error = await page.evaluate(async () => {
    globalThis.tabgrad.configure({ wasmUrl: "./elsewhere/engine.wasm" });
    return globalThis.failure(() => globalThis.tabgrad.layerTypes());
  });
  expect(error).toMatchObject({
    code: "wasm",
    message: expect.stringMatching(/elsewhere\/engine\.wasm.*404.*configure/),
  });
  for (const file of ["tabgrad_bg.wasm", "tabgrad_relaxed_bg.wasm"]) {
    await rm(join(plain.folder, "node_modules/tabgrad/dist", file));
  }
  await openPage(page, plain.url);
  const gone = await page.evaluate(() => globalThis.failure(() => globalThis.tabgrad.layerTypes()));
  expect(gone).toMatchObject({ code: "wasm", message: expect.stringContaining("tabgrad_bg.wasm") });
});
