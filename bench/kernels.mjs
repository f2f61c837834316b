// How fast the kernels are, by layer and direction, with their share of the measured peak: natively, and for
// both builds of the engine in Node and in Chromium.
//   npm run bench -- kernels                      everywhere
//   npm run bench -- kernels chromium relaxed     in one place, by one build (native, node, chromium; baseline, relaxed)

import { run } from "../scripts/process.mjs";
import { runOnWasm, wasm } from "../scripts/wasm.mjs";

const builds = /** @type {const} */ (["baseline", "relaxed"]);
const places = /** @type {const} */ ({ node: "node", chromium: "window" });

const words = process.argv.slice(2);
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
    await run("cargo", ["bench", "--bench", "kernels"]);
    continue;
  }
  for (const build of chosen(builds)) {
    console.log(`\n━━ ${place}, ${build} build`);
    const command = ["test", "--release", "--bench", "kernels", ...wasm, "--", "--nocapture"];
    await runOnWasm(build, places[place], command);
  }
}
