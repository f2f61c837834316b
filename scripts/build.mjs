// Builds what has changed: the engine into js/generated, the npm package into dist/, the page into site/.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { install } from "./install.mjs";
import { root, run } from "./process.mjs";

/** @typedef {{ name: string, inputs: string[], output: string, build: () => Promise<void> }} Product */

/** In the order in which they depend on each other. @type {Product[]} */
const products = [
  {
    name: "package",
    inputs: ["js", "scripts/package.mjs", "tsconfig.base.json", "tsconfig.package.json", "package-lock.json"],
    output: "dist/index.js",
    build: () => run("node", ["scripts/package.mjs"]),
  },
  {
    name: "page",
    inputs: [
      "dist",
      "www",
      "index.html",
      "vite.config.ts",
      "scripts/versions.mjs",
      "svelte.config.js",
      "package-lock.json",
    ],
    output: "site/index.html",
    build: () => run("node", ["node_modules/vite/bin/vite.js", "build"]),
  },
];

/** Builds everything that is older than what it is made from. */
export async function build() {
  // Cargo and xtask know themselves whether there is anything to do.
  await run("cargo", ["xtask", "wasm"]);
  const stamps = join(root, "node_modules/.cache/tabgrad");
  mkdirSync(stamps, { recursive: true });
  for (const product of products) {
    const stamp = join(stamps, product.name);
    const fingerprint = digest(product.inputs);
    const fresh = existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint;
    if (fresh && existsSync(join(root, product.output))) continue;
    await product.build();
    writeFileSync(stamp, fingerprint);
  }
}

/**
 * One hash over the contents of these files and folders.
 *
 * @param {readonly string[]} paths
 */
function digest(paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesUnder)) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

/**
 * @param {string} path of a file or a folder
 * @returns {string[]}
 */
function filesUnder(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await install();
  await build();
}
