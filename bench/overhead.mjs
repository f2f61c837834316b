// What `fit` and its reports cost: whole calls of `fit` for an epoch, beside the engine's bare steps in a worker of
// their own, in turn, in Chromium, by one worker:
//   npm run bench -- overhead [W1] [V3] [--rounds 9]

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { disturbs, watchCores } from "./cores.mjs";
import { launchChromium } from "./hosts.mjs";
import { bundle } from "./prepare.mjs";
import { serve } from "./server.mjs";
import { medianOf, summaryOf } from "./statistics.mjs";

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "9" } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : ["W1", "V3"];
const ways = {
  bare: "the bare loop",
  silent: "fit, nothing reported",
  usual: "fit, reports every 100 ms",
  everyBatch: "fit, every batch reported",
};
const BATCH = 64;

await bundle(["bare"]);
const [server, browser] = [await serve(), await launchChromium()];
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
    const rates = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
    const others = watchCores();
    // The first round warms up.
    for (let round = -1; round < Number(values.rounds); round++) {
      for (const way of Object.keys(ways)) {
        const milliseconds = await page.evaluate((way) => globalThis.epoch(way), way);
        if (round >= 0) rates[way].push((images * 1000) / milliseconds);
      }
    }
    const disturbed = disturbs(others()) ? "; others used the cores" : "";
    console.log(`${name}, batch ${BATCH}, ${values.rounds} rounds of ${images} images${disturbed}:`);
    for (const [way, what] of Object.entries(ways)) {
      const { median, min, max } = summaryOf(rates[way]);
      const share = medianOf(rates[way].map((rate, round) => rate / rates.bare[round]));
      const numbers = [median, min, max].map((rate) => rate.toFixed(0));
      console.log(
        `  ${what.padEnd(26)} ${numbers[0].padStart(6)} images/s (${numbers[1]} to ${numbers[2]}), ` +
          `${(100 * share).toFixed(1)}% of the bare loop`,
      );
    }
    await page.close();
  }
} finally {
  await browser.close();
  server.close();
}
