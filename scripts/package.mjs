// The npm package: js/ -> dist/, two bundles (the page's side and the worker), the wasm and the types.

import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root, run } from "./process.mjs";

const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });

// Each bundle stands alone: `new URL("./worker.js", import.meta.url)` and the like stay as written, so
// that a plain page, a bundler and Node find the files beside each other.
const entries = { index: "js/index.ts", worker: "js/worker/index.ts" };
for (const [name, entry] of Object.entries(entries)) {
  const bundle = await rolldown({ input: join(root, entry), external: /^node:/, platform: "neutral" });
  await bundle.write({ file: join(dist, `${name}.js`), format: "es" });
  await bundle.close();
}
copyFileSync(join(root, "js/generated/tabgrad_bg.wasm"), join(dist, "tabgrad_bg.wasm"));
await run("node", ["node_modules/typescript/bin/tsc", "-p", "tsconfig.package.json"]);
