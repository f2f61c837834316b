/** The package in WebKit, which has no relaxed SIMD: the baseline build takes over by itself. */

import type { Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, serve } from "../package/projects";
import { WebKit } from "./driver";

let server: Server;
let webkit: WebKit;

beforeAll(async () => {
  const dist = await serve(join(root, "dist"));
  server = dist.server;
  webkit = await WebKit.start();
  await webkit.open(`${dist.url}index.js`);
});

afterAll(async () => {
  await webkit?.close();
  server?.close();
});

test("the baseline build runs where there is no relaxed SIMD", async () => {
  const info = await webkit.evaluate<{ build: string }>(
    'return import("/index.js").then((tabgrad) => tabgrad.engineInfo());',
  );
  expect(info.build).toBe("baseline");
});

test("files become datasets where there is no origin private file system", async () => {
  const found = await webkit.evaluate<{ [key: string]: unknown }>(`
    return (async () => {
      const { data, layers, sequential } = await import("/index.js");
      const idx = (shape, fill) => {
        const head = new DataView(new ArrayBuffer(4 + 4 * shape.length));
        head.setUint32(0, 0x0800 + shape.length);
        shape.forEach((size, i) => head.setUint32(4 + 4 * i, size));
        const values = Uint8Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, i) => fill(i));
        return new Blob([head, values]);
      };
      // More than is read into memory at once.
      const [samples, side] = [1100, 256];
      const set = await data.fromFiles([
        { path: "images", file: idx([samples, side, side], (i) => i >> 16) },
        { path: "labels", file: idx([samples], (i) => i % 2) },
      ]);
      const [sample] = await set.samples([samples - 1]);
      const model = sequential({
        inputShape: [side, side, 1],
        layers: [layers.globalAveragePooling2d(), layers.dense({ units: 2, activation: "softmax" })],
      });
      model.compile({ loss: "sparseCategoricalCrossentropy" });
      const { history } = await model.fit(set, { epochs: 1, batchSize: 100 });
      const refused = await data.fromFiles([], { name: "kept" }).catch(({ code }) => code);
      const { storage, bytes } = set;
      const listed = await data.list();
      return { storage, bytes, value: sample.data[0], label: sample.label, epochs: history.loss.length, refused, listed };
    })();`);
  expect(found).toEqual({
    storage: "memory",
    bytes: 1100 * (256 * 256 + 4),
    value: 1099 & 255,
    label: 1,
    epochs: 1,
    refused: "storage",
    listed: [],
  });
});
