// How long files take to become a dataset, the memory that it takes, and how fast one trains on what stays
// in a file:
//   npm run bench -- data [mnist] [million] [photos] [table] [--zip FILE] [--samples N]

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launchWithProfile, rendererMemory } from "./hosts.mjs";
import { serve } from "./server.mjs";

const { values, positionals } = parseArgs({
  options: {
    zip: { type: "string" },
    samples: { type: "string" },
    seconds: { type: "string", default: "10" },
  },
  allowPositionals: true,
});
const chosen = positionals.length > 0 ? positionals : ["mnist", "million", "photos", "table"];
const seconds = Number(values.seconds);

/** Does something in a page of a browser of its own, whose memory is looked at meanwhile. */
async function inPage(action, argument, file) {
  const folder = mkdtempSync(join(tmpdir(), "tabgrad-bench-"));
  const [server, context] = [await serve(), await launchWithProfile(folder)];
  const page = await context.newPage();
  const browser = context.browser();
  const curve = [];
  // The browser may be on its way out.
  const memory = () => rendererMemory(browser, "VmRSS").catch(() => undefined);
  try {
    await page.goto(`${server.address}/empty/`);
    await page.evaluate(async () => {
      globalThis.tabgrad = await import("/dist/index.js");
      globalThis.bench = await import("/bench/data.js");
    });
    if (file) {
      await page.setContent('<input type="file">');
      await page.locator("input").setInputFiles(file);
    }
    const before = await memory();
    const timer = setInterval(async () => curve.push(await memory()), 500);
    const result = await page.evaluate(action, argument);
    clearInterval(timer);
    return { result, before, curve: curve.filter((size) => size !== undefined) };
  } finally {
    await context.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Twenty points of a curve and its highest. */
function shown({ before, curve }) {
  const step = Math.max(1, Math.ceil(curve.length / 20));
  const points = curve.filter((_, i) => i % step === 0).map((size) => size.toFixed(0));
  return `page memory ${before?.toFixed(0)} MB before, at most ${Math.max(...curve).toFixed(0)} MB (${points.join(" ")})`;
}

const text = ({ seconds, length, storage, bytes, unreadable }) =>
  `${length} samples (${(bytes / 1e6).toFixed(0)} MB, ${storage}, ${unreadable} unreadable) ready after ${seconds.toFixed(2)} s`;

if (values.zip) {
  const found = await inPage(
    async () => {
      const [file] = document.querySelector("input").files;
      const { about } = await globalThis.bench.imported(globalThis.tabgrad, file);
      return about;
    },
    undefined,
    values.zip,
  );
  console.log(`${values.zip}: ${text(found.result)}; ${shown(found)}`);
}

if (chosen.includes("mnist")) {
  const { result } = await inPage(async () => {
    const { data, engineInfo } = globalThis.tabgrad;
    const fetched = async (name) => (await fetch(`/mnist/${name}.gzip`)).blob();
    const [images, labels] = [await fetched("train-images.idx3"), await fetched("train-labels.idx1")];
    await engineInfo();
    const begun = performance.now();
    const idx = await data.fromIdx({ images, labels });
    await idx.counts();
    const seconds = (performance.now() - begun) / 1000;
    const files = [
      { path: "images", file: images },
      { path: "labels", file: labels },
    ];
    const { about } = await globalThis.bench.imported(globalThis.tabgrad, files);
    return { seconds, about };
  });
  console.log(`MNIST IDX gz: fromIdx ${result.seconds.toFixed(2)} s; fromFiles ${text(result.about)}`);
}

/** Rates of samples in a file and in memory, one after the other in one page. */
async function trained(kind, samples, side) {
  const found = await inPage(
    async ([kind, samples, side, seconds]) => {
      const { bench, tabgrad } = globalThis;
      const make = (count) => (kind === "million" ? bench.idxPair(count, side) : bench.photos(count, side));
      const { set, about } = await bench.imported(tabgrad, await make(samples));
      const stored = await bench.rate(tabgrad, set, seconds);
      const again = await bench.rate(tabgrad, set, seconds);
      set.dispose();
      return { about, stored: Math.max(stored, again) };
    },
    [kind, samples, side, seconds],
  );
  const memory = await inPage(
    async ([kind, count, side, seconds]) => {
      const { bench, tabgrad } = globalThis;
      const make = (count) => (kind === "million" ? bench.idxPair(count, side) : bench.photos(count, side));
      const { set } = await bench.imported(tabgrad, await make(count));
      return {
        storage: set.storage,
        rate: Math.max(await bench.rate(tabgrad, set, seconds), await bench.rate(tabgrad, set, seconds)),
      };
    },
    [kind, Math.floor(6e7 / (side * side * (kind === "million" ? 1 : 3))), side, seconds],
  );
  const { about, stored } = found.result;
  console.log(`${kind}: ${text(about)}; ${shown(found)}`);
  const { rate, storage } = memory.result;
  console.log(
    `  training: ${stored.toFixed(0)} images/s from the file, ${rate.toFixed(0)} of samples in ${storage}: ${((100 * stored) / rate).toFixed(1)}%`,
  );
}

if (chosen.includes("table")) {
  const found = await inPage(
    async (rows) => {
      const { bench, tabgrad } = globalThis;
      const file = { path: "table.csv", file: bench.table(rows) };
      const { about } = await bench.imported(tabgrad, file, { target: "column_19" });
      return { about, megabytes: file.file.size / 1e6 };
    },
    Number(values.samples ?? 1_000_000),
  );
  const { about, megabytes } = found.result;
  console.log(`table: CSV of 20 columns, ${megabytes.toFixed(0)} MB: ${text(about)}; ${shown(found)}`);
}

if (chosen.includes("million")) await trained("million", Number(values.samples ?? 1_000_000), 28);
if (chosen.includes("photos")) await trained("photos", Number(values.samples ?? 20_000), 224);
