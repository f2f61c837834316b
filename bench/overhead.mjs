// What `fit` and its reports cost: whole calls of `fit` for an epoch, beside the engine's bare steps in a worker of
// their own, in turn, in Chromium, by one worker:
//   npm run bench -- overhead [W1] [V3] [--rounds 9]

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { alternate } from "./alternating.mjs";
import { launchWithProfile } from "./hosts.mjs";
import { bundle } from "./prepare.mjs";
import { serve } from "./server.mjs";

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "9" } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : ["W1", "V3"];
const ways = {
  bare: "the bare loop",
  silent: "fit, nothing reported",
  usual: "fit, reports every 100 ms",
  kept: "fit, kept at the end of the epoch",
  everyBatch: "fit, every batch reported",
};
const BATCH = 64;

await bundle(["bare"]);
// What is kept goes to the disk.
const folder = mkdtempSync(join(tmpdir(), "tabgrad-overhead-"));
const [server, browser] = [await serve(), await launchWithProfile(folder)];
try {
  for (const name of names) {
    const page = await browser.newPage();
    await page.goto(`${server.address}/empty/`);
    const spec = JSON.parse(readFileSync(new URL(`fit/${name.toLowerCase()}.json`, import.meta.url), "utf8"));
    const images = await page.evaluate(
      async ([spec, batch]) => {
        const [tabgrad, { open, images }] = [
          await import("/dist/index.js"),
          await import("/bench/overhead.js"),
        ];
        const trainer = {
          optimizer: { type: "adam", learningRate: 1e-4 },
          loss: "sparseCategoricalCrossentropy",
          metrics: ["accuracy"],
        };
        globalThis.epoch = await open(tabgrad, spec, trainer, batch);
        return images;
      },
      [spec, BATCH],
    );
    await alternate(`${name}, batch ${BATCH}, ${images} images`, ways, Number(values.rounds), async (way) => {
      const milliseconds = await page.evaluate((way) => globalThis.epoch(way), way);
      return (images * 1000) / milliseconds;
    });
    await page.close();
  }
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
