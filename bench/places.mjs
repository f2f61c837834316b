// Benchmarks of the engine alone: natively, and as WebAssembly in Node and in Chromium.

import { run } from "../scripts/process.mjs";
import { runOnWasm, wasm } from "../scripts/wasm.mjs";

const builds = /** @type {const} */ (["baseline", "relaxed"]);
const places = /** @type {const} */ ({ node: "node", chromium: "window" });

/**
 * Runs one of cargo's benchmarks in all places, or in those that are named.
 *
 * @param {string} bench
 * @param {string[]} words places and builds
 */
export async function everywhere(bench, words) {
  const known = [...builds, ...Object.keys(places), "native"];
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Error(`"${unknown}" is none of ${known.join(", ")}`);
  /** @param {readonly string[]} all those that were named, or all */
  const chosen = (all) => {
    const named = all.filter((word) => words.includes(word));
    return named.length > 0 ? named : all;
  };

  for (const place of chosen(["native", ...Object.keys(places)])) {
    if (place === "native") {
      console.log("\n━━ native");
      await run("cargo", ["bench", "--bench", bench]);
      continue;
    }
    for (const build of chosen(builds)) {
      console.log(`\n━━ ${place}, ${build} build`);
      const command = ["test", "--release", "--bench", bench, ...wasm, "--", "--nocapture"];
      await runOnWasm(build, places[place], command);
    }
  }
}
