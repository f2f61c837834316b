// Runs tests and benchmarks of the engine as WebAssembly: either build, in Node or in Chromium.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromiumArgs, findChromedriver, findChromium } from "./browsers.mjs";
import { root, run } from "./process.mjs";

/** Cargo's arguments for WebAssembly. */
export const wasm = ["--target", "wasm32-unknown-unknown"];

const folder = process.env.CARGO_TARGET_DIR ?? "target";

/** What cargo is told for a build. @type {Record<Build, { args: string[], env: Record<string, string> }>} */
const builds = {
  baseline: { args: [], env: {} },
  relaxed: { args: ["--config", ".cargo/relaxed.toml"], env: { CARGO_TARGET_DIR: join(folder, "relaxed") } },
};

/** Node has relaxed SIMD without being asked from version 21 on. @type {Record<string, string>} */
const flags =
  Number.parseInt(process.versions.node, 10) < 21 ? { NODE_ARGS: "--experimental-wasm-relaxed-simd" } : {};

/** What the test runner is told for a place. @type {Record<Place, (build: Build) => Record<string, string>>} */
const places = {
  node: (build) => (build === "relaxed" ? flags : {}),
  window: () => ({ WASM_BINDGEN_USE_BROWSER: "1", ...driver() }),
  worker: () => ({ WASM_BINDGEN_USE_DEDICATED_WORKER: "1", ...driver() }),
};

/** @typedef {"baseline" | "relaxed"} Build */
/** @typedef {"node" | "window" | "worker"} Place the last two in Chromium */

/**
 * Runs cargo with wasm-bindgen's test runner behind it.
 *
 * @param {Build} build
 * @param {Place} place
 * @param {string[]} command cargo's
 */
export async function runOnWasm(build, place, command) {
  // Cargo runs the tests by this program; building it first keeps its lines out of theirs.
  await run("cargo", ["build", "--quiet", "--profile", "tool", "--package", "xtask"]);
  const runner = [resolve(root, folder, "tool/xtask"), "test-runner"];
  const config = `target.wasm32-unknown-unknown.runner=${JSON.stringify(runner)}`;
  const { args, env } = builds[build];
  await run("cargo", ["--config", config, ...args, ...command], {
    WASM_BINDGEN_TEST_TIMEOUT: "300",
    ...env,
    ...places[place](build),
  });
}

/** Where the runner finds Chromium. */
function driver() {
  const chromedriver = findChromedriver();
  if (chromedriver === undefined) throw new Error("chromedriver was not found; CHROMEDRIVER may name it");
  const binary = findChromium();
  // Without a path chromedriver looks for a browser where its own system installs one.
  const chrome = { args: ["headless", ...chromiumArgs], ...(binary && { binary }) };
  const capabilities = join(root, "target/webdriver.json");
  mkdirSync(join(root, "target"), { recursive: true });
  writeFileSync(capabilities, JSON.stringify({ "goog:chromeOptions": chrome }));
  return { CHROMEDRIVER: chromedriver, WASM_BINDGEN_TEST_WEBDRIVER_JSON: capabilities };
}
