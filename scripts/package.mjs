// The npm package: js/ -> dist/, for browsers and for Node a bundle of the page's
// side, with what it loads later beside it, and one of the worker; the wasm; the types.

import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { divide } from "./glue.mjs";
import { root, run } from "./process.mjs";

const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });

// Each bundle stands alone: `new URL("./worker.js", import.meta.url)` and the like stay as written, so
// that a plain page, a bundler and Node find the files beside each other.
const GLUE = "/js/generated/tabgrad_bg.js";
const parts = partsOfGlue();
/** @type {Record<string, { entry: string, minify: boolean }>} */
const bundles = {
  index: { entry: "js/index.ts", minify: false },
  node: { entry: "js/node.ts", minify: false },
  presets: { entry: "js/presets/index.ts", minify: false },
  "worker-node": { entry: "js/worker/node.ts", minify: false },
  // Bundlers of users pass these on as they are.
  worker: { entry: "js/worker/index.ts", minify: true },
  "worker-rest": { entry: "js/worker/browser-rest.ts", minify: true },
  // For pages that are one file (scripts/standalone.mjs).
  alone: { entry: "js/worker/alone.ts", minify: false },
  data: { entry: "js/worker/data/index.ts", minify: true },
  "data-node": { entry: "js/worker/data/node.ts", minify: false },
};
for (const [name, { entry, minify }] of Object.entries(bundles)) {
  const part = name === "worker" ? "first" : name === "worker-rest" ? "rest" : undefined;
  const plugins = part ? [glueOfWorker((await parts)[part])] : [];
  const bundle = await rolldown({
    input: join(root, entry),
    external: /^node:/,
    platform: "neutral",
    plugins,
  });
  const names = { entryFileNames: `${name}.js`, chunkFileNames: "[name].js" };
  await bundle.write({ dir: dist, ...names, format: "es", minify });
  await bundle.close();
}
const engines = ["tabgrad", "tabgrad_relaxed"].flatMap((build) => [`${build}_bg.wasm`, `${build}_rest.wasm`]);
for (const name of [...engines, "tabgrad_data_bg.wasm"]) {
  copyFileSync(join(root, "js/generated", name), join(dist, name));
}
// The compiler emits what it compiles; the engine's own types are declarations already.
mkdirSync(join(dist, "generated"), { recursive: true });
for (const types of ["tabgrad.d.ts", "tabgrad_data.d.ts"]) {
  copyFileSync(join(root, "js/generated", types), join(dist, "generated", types));
}
await run("node", ["node_modules/typescript/bin/tsc", "-p", "tsconfig.package.json"]);

/**
 * The engine's glue as one of the worker's files has it. The first hands its own over (js/worker/browser-platform.ts):
 * there must be one, since its classes hold the engine's objects.
 *
 * @param {string} code
 * @returns {import("rolldown").Plugin}
 */
function glueOfWorker(code) {
  return { name: "glue-of-worker", load: (id) => (id.endsWith(GLUE) ? code : undefined) };
}

/** The glue as it comes in two parts. */
async function partsOfGlue() {
  const entry = join(root, "js/worker/index.ts");
  const bundle = await rolldown({ input: entry, external: /\/generated\//, platform: "neutral" });
  // Without comments, which name things, too.
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  return divide(readFileSync(join(root, GLUE), "utf8"), output[0].code);
}
