/** A plain page with the packed package, and what its tests need in it. */
import type { Server } from "node:http";
import { join } from "node:path";
import { type Page, test } from "@playwright/test";
import type * as Tabgrad from "tabgrad";
import type * as Presets from "tabgrad/presets";
import { makeProjects, serve } from "./projects.js";

declare global {
  var tabgrad: typeof Tabgrad;
  /** There once `givePresets` has run. */
  var presets: typeof Presets.presets;
  var digits: () => Promise<{ [part: string]: Uint8Array }>;
  var small: () => Promise<{ model: Tabgrad.Model; train: Tabgrad.Dataset; test: Tabgrad.Dataset }>;
  var failure: (
    action: () => unknown,
  ) => Promise<{ name: string; code: string; message: string; layer: string }>;
}

/** Where the page is, and where its files are. */
export interface PlainPage {
  url: string;
  folder: string;
}

/** Serves the page during the tests of a file, and opens it before each. */
export function usePlainPage(): PlainPage {
  const plain: PlainPage = { url: "", folder: "" };
  let projects: Awaited<ReturnType<typeof makeProjects>>;
  let server: Server;
  test.beforeAll(async () => {
    projects = await makeProjects();
    plain.folder = join(projects.folder, "plain");
    ({ server, url: plain.url } = await serve(plain.folder));
  });
  test.afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await projects.remove();
  });
  test.beforeEach(({ page }) => openPage(page, plain.url));
  return plain;
}

/** Put in front of a worker's file, a bug in the engine: predicting exactly three samples traps, as a panic does. */
export const trap = `
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (module, imports) => {
    const { exports } = await instantiate(module, imports);
    const predict = (model, dataset, from, to) => {
      if (to === 3) throw new WebAssembly.RuntimeError("unreachable");
      return exports.model_predict(model, dataset, from, to);
    };
    return { exports: { ...exports, model_predict: predict } };
  };`;

/** Opens the plain page and gives it what the tests need. */
export async function openPage(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForFunction("globalThis.digits !== undefined");
  await page.evaluate(() => {
    globalThis.small = async () => {
      const { data, layers, sequential } = globalThis.tabgrad;
      const { pixels, labels, testPixels, testLabels } = await globalThis.digits();
      if (!pixels || !labels || !testPixels || !testLabels) throw new Error("digits.bin is not whole");
      const model = sequential({
        inputShape: [28, 28, 1],
        seed: 7,
        layers: [
          layers.conv2d({ filters: 8, kernelSize: 5, activation: "relu" }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.flatten(),
          layers.dense({ units: 10, activation: "softmax" }),
        ],
      });
      model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
      const train = data.fromArrays({ x: pixels, shape: [2000, 28, 28, 1], y: labels });
      const test = data.fromArrays({ x: testPixels, shape: [500, 28, 28, 1], y: testLabels });
      return { model, train, test };
    };
    globalThis.failure = async (action) => {
      try {
        await action();
      } catch (error) {
        const { name, code, message, layer } = error as Tabgrad.TabgradError;
        return { name, code, message, layer: layer ?? "" };
      }
      throw new Error("nothing was refused");
    };
  });
}

/** Gives the page the presets as well. */
export async function givePresets(page: Page): Promise<void> {
  await page.addScriptTag({
    type: "module",
    content: `import { presets } from "tabgrad/presets"; globalThis.presets = presets;`,
  });
  await page.waitForFunction("globalThis.presets !== undefined");
}
