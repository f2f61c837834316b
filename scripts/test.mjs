// npm test: installs, then runs every check. `npm test -- wasm` runs the steps whose names hold "wasm".

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromiumArgs, findChromedriver, findChromium, installBrowsers } from "./browsers.mjs";
import { build } from "./build.mjs";
import { install } from "./install.mjs";
import { root, run } from "./process.mjs";

const wasm = ["--target", "wasm32-unknown-unknown"];
const warnings = ["--", "-D", "warnings"];

/** @type {[name: string, check: () => Promise<void>][]} */
const steps = [
  ["Rust: format", () => run("cargo", ["fmt", "--all", "--check"])],
  ["Rust: lints, native", () => run("cargo", ["clippy", "--workspace", "--all-targets", ...warnings])],
  ["Rust: lints, wasm", () => run("cargo", ["clippy", "--all-targets", ...wasm, ...warnings])],
  ["TypeScript: format and lints", () => tool("@biomejs/biome/bin/biome", "ci", ".")],
  ["Rust: tests, native", () => run("cargo", ["test", "--workspace"])],
  ["Rust: tests, wasm in Node", () => testWasm({})],
  ["Rust: tests, wasm in Chromium's window", () => testWasmInChromium("WASM_BINDGEN_USE_BROWSER")],
  ["Rust: tests, wasm in Chromium's worker", () => testWasmInChromium("WASM_BINDGEN_USE_DEDICATED_WORKER")],
  ["Build: wasm, package, page", build],
  ["Types: package", () => tool("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.package.json")],
  ["Types: worker", () => tool("typescript/bin/tsc", "-p", "tsconfig.worker.json")],
  ["Types: scripts and tests", () => tool("typescript/bin/tsc", "-p", "tsconfig.node.json")],
  [
    "Types: page",
    () => tool("svelte-check/bin/svelte-check", "--tsconfig", "./tsconfig.json", "--fail-on-warnings"),
  ],
  ["Package: unit tests", () => tool("vitest/vitest.mjs", "run")],
  ["Page: tests in browsers", () => tool("@playwright/test/cli.js", "test")],
];

await install();
await installBrowsers();

const wanted = process.argv[2] ?? "";
const results = [];
for (const [name, check] of steps.filter(([name]) => name.toLowerCase().includes(wanted.toLowerCase()))) {
  console.log(`\n━━ ${name}`);
  const begun = performance.now();
  // A failed step is reported at once and again at the end; the steps after it still run.
  const failure = await check().then(
    () => undefined,
    (error) => error.message,
  );
  if (failure !== undefined) console.log(`FAILED: ${failure}`);
  results.push({ name, failure, seconds: (performance.now() - begun) / 1000 });
}

console.log("\n━━ Summary");
for (const { name, failure, seconds } of results) {
  console.log(`${failure === undefined ? "passed" : "FAILED"}  ${seconds.toFixed(1).padStart(6)} s  ${name}`);
}
const failed = results.filter(({ failure }) => failure !== undefined).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;

/**
 * A command-line program out of node_modules.
 *
 * @param {string} path
 * @param {string[]} args
 */
function tool(path, ...args) {
  return run("node", [join(root, "node_modules", path), ...args]);
}

/** @param {Record<string, string>} env */
async function testWasm(env) {
  await run("cargo", ["build", "--quiet", "--profile", "tool", "--package", "xtask"]);
  const runner = join(root, process.env.CARGO_TARGET_DIR ?? "target", "tool/xtask");
  await run("cargo", ["test", "--lib", "--tests", ...wasm], {
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: `${runner} test-runner`,
    WASM_BINDGEN_TEST_TIMEOUT: "300",
    ...env,
  });
}

/** @param {string} mode the variable that tells the runner where in the browser to run the tests */
async function testWasmInChromium(mode) {
  const chromedriver = findChromedriver();
  if (chromedriver === undefined) throw new Error("chromedriver was not found; CHROMEDRIVER may name it");
  const capabilities = {
    "goog:chromeOptions": {
      args: ["headless", ...chromiumArgs],
      // Without a path chromedriver looks where its own system installs the browser.
      ...(findChromium() ? { binary: findChromium() } : {}),
    },
  };
  const file = join(root, "target/webdriver.json");
  mkdirSync(join(root, "target"), { recursive: true });
  writeFileSync(file, JSON.stringify(capabilities));
  await testWasm({ [mode]: "1", CHROMEDRIVER: chromedriver, WASM_BINDGEN_TEST_WEBDRIVER_JSON: file });
}
