// What is downloaded before the first prediction, and how large it may become:
//   node scripts/download.mjs

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { root } from "./process.mjs";

/**
 * The most that each may have, in KB gzip (level 9). They lie a few percent above what is. Lower one when
 * something became smaller; whoever raises one says in docs/download.md what for.
 *
 * @type {Record<string, number>}
 */
const budgets = {
  "tabgrad_bg.wasm": 93.3,
  "tabgrad_relaxed_bg.wasm": 94.0,
  "worker.js": 9.7,
  "index.js, minified": 13.1,
};

/** Prints the sizes; fails where one is over its budget. */
export async function checkDownload() {
  const over = [];
  for (const [name, most] of Object.entries(budgets)) {
    const size = gzipSync(await contents(name), { level: 9 }).length / 1000;
    console.log(`${name.padEnd(24)} ${size.toFixed(1).padStart(6)} KB gzip of ${most}`);
    if (size > most) over.push(`${name} has ${size.toFixed(1)} KB gzip, expected at most ${most}`);
  }
  if (over.length > 0) throw new Error(`${over.join("; ")} (docs/download.md)`);
}

/**
 * @param {string} name of a file in dist; one that bundlers of users minify, as they do
 * @returns {Promise<Uint8Array | string>}
 */
async function contents(name) {
  const file = join(root, "dist", name.replace(", minified", ""));
  if (file === join(root, "dist", name)) return readFileSync(file);
  const bundle = await rolldown({ input: file, platform: "neutral" });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  return output[0].code;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await checkDownload();
