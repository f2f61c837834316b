/** Which build of the engine runs where, and that the program has a say in it. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { Configuration } from "tabgrad";
import { openPage, usePlainPage } from "./plain-page.js";
import { runNode } from "./projects.js";

const plain = usePlainPage();
const dist = "node_modules/tabgrad/dist";

/** The build that runs under this configuration, and what a seeded run comes to on it. */
async function run(page: Page, configuration: Configuration = {}) {
  await openPage(page, plain.url);
  return page.evaluate(async (configuration) => {
    globalThis.tabgrad.configure(configuration);
    const { model, train } = await globalThis.small();
    await model.fit(train, { epochs: 1 });
    const weights = await model.getWeights();
    const { build } = await globalThis.tabgrad.engineInfo();
    return { build, weights: weights.flatMap(({ data }) => [...data]) };
  }, configuration);
}

/** The largest difference of two lists of weights. */
function difference(a: number[], b: number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

test("relaxed SIMD runs where the browser has it, unless the bits must be the same everywhere", {
  tag: "@everywhere",
}, async ({ page }) => {
  const fast = await run(page);
  expect(fast.build).toBe("relaxed");
  const same = await run(page, { deterministic: true });
  expect(same.build).toBe("baseline");
  // One address is the baseline's.
  const given = await run(page, { wasmUrl: `${dist}/tabgrad_bg.wasm` });
  expect(given).toEqual(same);
  // The builds differ by rounding, not by what they compute.
  expect(difference(fast.weights, same.weights)).toBeLessThan(1e-3);
});

test("a relaxed build that is missing or damaged leaves the work to the baseline", async ({ page }) => {
  const baseline = `${dist}/tabgrad_bg.wasm`;
  const elsewhere = { baseline, relaxed: `${dist}/tabgrad_relaxed_bg.wasm` };
  expect((await run(page, { wasmUrl: elsewhere })).build).toBe("relaxed");
  const file = join(plain.folder, dist, "tabgrad_relaxed_bg.wasm");
  await writeFile(file, Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x7f));
  expect((await run(page)).build).toBe("baseline");
  await rm(file);
  expect((await run(page)).build).toBe("baseline");
});

test("a browser without relaxed SIMD gets the baseline, and loads no other", async ({ page }) => {
  const expected = await run(page, { deterministic: true });
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(request.url()));
  const validate = "WebAssembly.validate = () => false;";
  await page.addInitScript(validate);
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${validate}\n${await response.text()}` });
  });
  expect(await run(page)).toEqual(expected);
  expect(loaded.filter((url) => url.includes("relaxed"))).toEqual([]);
});

test("Node runs what its version supports", async () => {
  const program = 'import { engineInfo } from "tabgrad"; console.log((await engineInfo()).build);';
  await writeFile(join(plain.folder, "build.mjs"), program);
  const [major] = process.versions.node.split(".");
  const expected = Number(major) < 21 ? "baseline" : "relaxed";
  expect((await runNode(plain.folder, "build.mjs")).trim()).toBe(expected);
});
