// What the presets reach on real data, through the package's public interface, in Chromium or in Node:
//   npm run bench -- recipes [TASK ...] [--seeds 3] [--first-seed 0] [--epochs N] [--data FOLDER] [--in chromium|node]
// The tasks are in recipes/tasks.js; some want a folder with data that do not come with the page:
// cifar10-images.zip, ag_news_test.csv. Figures belong in docs/results.md.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../scripts/process.mjs";
import { launchWithProfile } from "./hosts.mjs";
import { measure } from "./recipes/tasks.js";
import { serve } from "./server.mjs";
import { medianOf } from "./statistics.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "1" },
    "first-seed": { type: "string", default: "0" },
    epochs: { type: "string" },
    data: { type: "string" },
    in: { type: "string", default: "chromium" },
  },
});

/** Trains in a page that is cross-origin isolated, and in no other tab. */
async function inChromium(name, options) {
  // Samples are read from the disk all the while, which a browser without a profile does otherwise.
  const folder = await mkdtemp(join(tmpdir(), "tabgrad-recipes-"));
  const [server, browser] = [await serve({ data: values.data }), await launchWithProfile(folder)];
  try {
    const page = await browser.newPage();
    await page.exposeFunction("say", say);
    await page.goto(`${server.address}/bare/`);
    return await page.evaluate(
      async ([name, options]) => {
        const [tabgrad, { presets }, { measure }] = await Promise.all([
          import("/dist/index.js"),
          import("/dist/presets.js"),
          import("/bench/recipes/tasks.js"),
        ]);
        const read = async (path) => {
          const response = await fetch(path.startsWith("data/") ? `/${path}` : `/public/${path}`);
          if (!response.ok) throw new Error(`${path} is not there: is its folder given by --data?`);
          return response.arrayBuffer();
        };
        return measure(name, { tabgrad, presets, read, options, say: globalThis.say });
      },
      [name, options],
    );
  } finally {
    await browser.close();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function inNode(name, options) {
  const [tabgrad, { presets }] = await Promise.all([import("../dist/node.js"), import("../dist/presets.js")]);
  const read = async (path) => {
    if (!path.startsWith("data/")) return bytes(join(root, "www/public", path));
    if (!values.data) throw new Error(`${path}: say where it is by --data`);
    return bytes(join(values.data, path.slice("data/".length)));
  };
  return measure(name, { tabgrad, presets, read, options, say });
}

async function bytes(path) {
  return new Uint8Array(await readFile(path)).buffer;
}

function say(line) {
  console.log(`  ${line}`);
}

const hosts = { chromium: inChromium, node: inNode };
const host = hosts[values.in];
if (!host) throw new Error(`--in is "${values.in}", expected ${Object.keys(hosts).join(" or ")}`);

for (const name of positionals.length > 0 ? positionals : ["mnistFast1", "mnistFast"]) {
  const all = [];
  const first = Number(values["first-seed"]);
  for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
    const found = await host(name, { seed, ...(values.epochs ? { epochs: Number(values.epochs) } : {}) });
    all.push(found);
    console.log(name, `seed ${seed}`, JSON.stringify(found));
  }
  const medians = Object.keys(all[0]).map(
    (key) => `${key} ${medianOf(all.map((one) => one[key])).toFixed(3)}`,
  );
  console.log(name, `median of ${all.length} in ${values.in}:`, medians.join(", "));
}
// Workers of the package in Node keep the process alive.
process.exit(0);
