// How long files take to become a dataset, the memory that it takes, and how fast one trains on what stays
// in a file:
//   npm run bench -- data [mnist] [million] [photos] [table] [--zip FILE] [--samples N]

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launchWithProfile, rendererFootprint, rendererMemory } from "./hosts.mjs";
import { idxPair, photos, table } from "./made.mjs";
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

/**
 * Does something in a page of a browser of its own, which is given a folder or files; its memory is looked at
 * meanwhile.
 */
async function inPage(use, paths) {
  const folder = mkdtempSync(join(tmpdir(), "tabgrad-bench-"));
  const [server, context] = [await serve(), await launchWithProfile(folder)];
  const page = await context.newPage();
  const browser = context.browser();
  const curve = [];
  const memory = async () => {
    try {
      return { resident: await rendererMemory(browser, "VmRSS"), own: await rendererFootprint(browser) };
    } catch {
      // The browser is on its way out.
      return undefined;
    }
  };
  try {
    await page.goto(`${server.address}/empty/`);
    await page.evaluate(async () => {
      globalThis.tabgrad = await import("/dist/index.js");
      globalThis.bench = await import("/bench/data.js");
    });
    if (paths) {
      const isFolder = !Array.isArray(paths) && statSync(paths).isDirectory();
      await page.setContent(`<input type="file" ${isFolder ? "webkitdirectory" : "multiple"}>`);
      await page.locator("input").setInputFiles(paths);
    }
    const before = await memory();
    const timer = setInterval(async () => curve.push(await memory()), 500);
    const result = await use(page);
    clearInterval(timer);
    return { result, before, curve: curve.filter((sizes) => sizes !== undefined) };
  } finally {
    await context.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The highest of a curve and twenty points of it: what is resident, and what no other process has. */
function shown({ before, curve }) {
  const step = Math.max(1, Math.ceil(curve.length / 20));
  const megabytes = (kind, name) => {
    const points = curve.filter((_, i) => i % step === 0).map((sizes) => sizes[kind]?.toFixed(0));
    const most = Math.max(...curve.map((sizes) => sizes[kind]));
    return `${name} ${before?.[kind]?.toFixed(0)} MB before, at most ${most.toFixed(0)} MB (${points.join(" ")})`;
  };
  return `${megabytes("resident", "page memory")}; ${megabytes("own", "of its own")}`;
}

const text = ({ seconds, length, storage, bytes, unreadable }) =>
  `${length} samples (${(bytes / 1e6).toFixed(0)} MB, ${storage}, ${unreadable} unreadable) ready after ${seconds.toFixed(2)} s`;

if (values.zip) {
  const found = await inPage(
    (page) =>
      page.evaluate(async () => {
        const { bench, tabgrad } = globalThis;
        const { about } = await bench.imported(tabgrad, bench.chosenFiles());
        return about;
      }),
    values.zip,
  );
  console.log(`${values.zip}: ${text(found.result)}; ${shown(found)}`);
}

if (chosen.includes("mnist")) {
  const found = await inPage((page) =>
    page.evaluate(async () => {
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
    }),
  );
  const { seconds, about } = found.result;
  console.log(`MNIST IDX gz: fromIdx ${seconds.toFixed(2)} s; fromFiles ${text(about)}; ${shown(found)}`);
}

/** Does something with a folder that is gone afterwards. */
async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "tabgrad-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (chosen.includes("table")) {
  const rows = Number(values.samples ?? 1_000_000);
  await inFolder(async (folder) => {
    const path = table(folder, rows);
    const found = await inPage(
      (page) =>
        page.evaluate(async () => {
          const { bench, tabgrad } = globalThis;
          const { about } = await bench.imported(tabgrad, bench.chosenFiles(), { target: "column_19" });
          return about;
        }),
      path,
    );
    const megabytes = (statSync(path).size / 1e6).toFixed(0);
    console.log(`table: CSV of 20 columns, ${megabytes} MB: ${text(found.result)}; ${shown(found)}`);
  });
}

/** What is imported to be trained on: how many there are, their size, and what writes them. */
const IMAGES = {
  million: {
    samples: 1_000_000,
    bytes: 28 * 28,
    write: (folder, samples) => idxPair(folder, samples, 28),
  },
  photos: {
    samples: 20_000,
    bytes: 224 * 224 * 3,
    // A browser of its own draws them.
    write: async (folder, samples) => (await inPage((page) => photos(page, folder, samples, 224))).result,
  },
};

/** Imports so many samples in a page and trains on them. */
const importedAndTrained = (write, samples) =>
  inFolder(async (folder) =>
    inPage(
      (page) =>
        page.evaluate(async (seconds) => {
          const { bench, tabgrad } = globalThis;
          const { set, about } = await bench.imported(tabgrad, bench.chosenFiles());
          const rates = [await bench.rate(tabgrad, set, seconds), await bench.rate(tabgrad, set, seconds)];
          set.dispose();
          return { about, rate: Math.max(...rates) };
        }, seconds),
      await write(folder, samples),
    ),
  );

for (const [kind, { samples, bytes, write }] of Object.entries(IMAGES)) {
  if (!chosen.includes(kind)) continue;
  const stored = await importedAndTrained(write, Number(values.samples ?? samples));
  // As many as fit memory, one after the other.
  const { about, rate } = (await importedAndTrained(write, Math.floor(6e7 / bytes))).result;
  console.log(`${kind}: ${text(stored.result.about)}; ${shown(stored)}`);
  const share = ((100 * stored.result.rate) / rate).toFixed(1);
  console.log(
    `  training: ${stored.result.rate.toFixed(0)} images/s from the file, ${rate.toFixed(0)} of samples in ${about.storage}: ${share}%`,
  );
}
