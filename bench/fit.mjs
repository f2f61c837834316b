// Images a second of `fit` through the package's public interface, in Chromium and in Node:
//   npm run bench -- fit [W1] [V3] [--epochs 3]

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { root } from "../scripts/process.mjs";
import { measure } from "./fit.js";
import { launchChromium } from "./hosts.mjs";
import { serve } from "./server.mjs";
import { medianOf } from "./statistics.mjs";

const { values, positionals } = parseArgs({
  options: { epochs: { type: "string", default: "3" } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : ["W1", "V3"];
const epochs = Number(values.epochs);

async function inChromium(spec) {
  const [server, browser] = [await serve(), await launchChromium()];
  try {
    const page = await browser.newPage();
    await page.goto(`${server.address}/empty/`);
    return await page.evaluate(
      async ([spec, epochs]) => {
        const [tabgrad, { measure }] = [await import("/dist/index.js"), await import("/bench/fit.js")];
        return measure(tabgrad, "/mnist/", spec, epochs);
      },
      [spec, epochs],
    );
  } finally {
    await browser.close();
    server.close();
  }
}

async function inNode(spec) {
  return measure(await import("../dist/node.js"), `${root}www/public/mnist/`, spec, epochs);
}

for (const name of names) {
  const spec = JSON.parse(readFileSync(new URL(`fit/${name.toLowerCase()}.json`, import.meta.url), "utf8"));
  for (const [place, run] of [
    ["Chromium", inChromium],
    ["Node", inNode],
  ]) {
    const { rates, accuracy } = await run(spec);
    const percent = (accuracy * 100).toFixed(2);
    console.log(
      `${name} ${place}: median ${medianOf(rates)} images/s of ${rates.join(", ")}; accuracy ${percent}%`,
    );
  }
}
