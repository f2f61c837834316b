// How long files take to become a dataset, the memory that it takes, and how fast one trains on what stays
// in a file:
//   npm run bench -- data [mnist] [million] [photos] [table] [--zip FILE] [--samples N]

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
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

/** Does something in a page of a browser of its own, which is given files; its memory is looked at meanwhile. */
async function inPage(action, argument, paths = []) {
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
    await page.setContent('<input type="file" multiple>');
    await page.locator("input").setInputFiles(paths);
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
    [values.zip],
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

/**
 * Writes an IDX pair of noise. They are files since a browser refuses to read a blob of so many bytes that a page
 * made.
 *
 * @returns their paths
 */
function idxPair(folder, samples, side) {
  const head = (shape) => {
    const bytes = Buffer.alloc(4 + 4 * shape.length);
    bytes.writeUInt32BE(0x0800 + shape.length);
    for (const [i, size] of shape.entries()) bytes.writeUInt32BE(size, 4 + 4 * i);
    return bytes;
  };
  const written = (name, parts) => {
    const path = join(folder, name);
    const file = openSync(path, "w");
    for (const part of parts) writeSync(file, part);
    closeSync(file);
    return path;
  };
  function* pixels() {
    yield head([samples, side, side]);
    const bytes = samples * side * side;
    for (let done = 0; done < bytes; done += 2 ** 23) {
      yield noise(new Uint8Array(Math.min(2 ** 23, bytes - done)), done);
    }
  }
  const labels = [head([samples]), Uint8Array.from({ length: samples }, (_, i) => i % 10)];
  return [written("noise-images-idx3-ubyte", pixels()), written("noise-labels-idx1-ubyte", labels)];
}

/** A generator of bytes that is the same everywhere and fast. */
function noise(bytes, seed) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let state = seed | 1;
  for (let i = 0; i < words.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return bytes;
}

/** Imports so many samples in a page and trains on them. */
async function importedAndTrained(kind, samples, side) {
  const folder = mkdtempSync(join(tmpdir(), "tabgrad-bench-"));
  try {
    return await inPage(
      async ([kind, samples, side, seconds]) => {
        const { bench, tabgrad } = globalThis;
        const given = [...document.querySelector("input").files];
        const files = kind === "million" ? given : await bench.photos(samples, side);
        const { set, about } = await bench.imported(tabgrad, files);
        const rates = [await bench.rate(tabgrad, set, seconds), await bench.rate(tabgrad, set, seconds)];
        set.dispose();
        return { about, rate: Math.max(...rates) };
      },
      [kind, samples, side, seconds],
      kind === "million" ? idxPair(folder, samples, side) : [],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rates of samples in a file and in memory, one after the other. */
async function trained(kind, samples, side) {
  const stored = await importedAndTrained(kind, samples, side);
  const fitting = Math.floor(6e7 / (side * side * (kind === "million" ? 1 : 3)));
  const { about, rate } = (await importedAndTrained(kind, fitting, side)).result;
  console.log(`${kind}: ${text(stored.result.about)}; ${shown(stored)}`);
  const share = ((100 * stored.result.rate) / rate).toFixed(1);
  console.log(
    `  training: ${stored.result.rate.toFixed(0)} images/s from the file, ${rate.toFixed(0)} of samples in ${about.storage}: ${share}%`,
  );
}

if (chosen.includes("million")) await trained("million", Number(values.samples ?? 1_000_000), 28);
if (chosen.includes("photos")) await trained("photos", Number(values.samples ?? 20_000), 224);
