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
