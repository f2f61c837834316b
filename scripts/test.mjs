// npm test: installs, then runs every check.
//   npm test -- --list    names the checks
//   npm test -- wasm      runs those whose names hold "wasm" (or one of several words)

import { join } from "node:path";
import { findWebKit, installBrowsers } from "./browsers.mjs";
import { build } from "./build.mjs";
import { install } from "./install.mjs";
import { run } from "./process.mjs";
import { runOnWasm, wasm } from "./wasm.mjs";

const warnings = ["--", "-D", "warnings"];
const colors = `--colors=${process.stdout.isTTY ? "force" : "off"}`;

/**
 * A check resolves when it passes and rejects when it fails; one that cannot run here resolves to the reason.
 *
 * @type {[name: string, check: () => Promise<string | void>][]}
 */
const checks = [
  ["Rust: format", () => run("cargo", ["fmt", "--all", "--check"])],
  ["Rust: lints, native", () => run("cargo", ["clippy", "--workspace", "--all-targets", ...warnings])],
  ["Rust: lints, wasm", () => run("cargo", ["clippy", "--all-targets", ...wasm, ...warnings])],
  ["Web: format and lints", () => tool("@biomejs/biome/bin/biome", "ci", colors, ".")],
  ["Rust: tests, native", () => run("cargo", ["test"])],
  ["Rust: tests, wasm in Node", () => testWasm("baseline", "node")],
  ["Rust: tests, wasm in Chromium's window", () => testWasm("baseline", "window")],
  ["Rust: tests, wasm in Chromium's worker", () => testWasm("baseline", "worker")],
  ["Rust: tests, relaxed wasm in Node", () => testWasm("relaxed", "node")],
  ["Rust: tests, relaxed wasm in Chromium's window", () => testWasm("relaxed", "window")],
  ["Build: tests", () => run("cargo", ["test", "--profile", "tool", "--package", "xtask"])],
  ["Build: wasm, package, page", build],
  ["Build: download before the first prediction", () => run("node", ["scripts/download.mjs"])],
  ["Package: types", () => tool("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.package.json")],
  ["Package: types of the worker", () => tool("typescript/bin/tsc", "-p", "tsconfig.worker.json")],
  ["Scripts and tests: types", () => tool("typescript/bin/tsc", "-p", "tsconfig.node.json")],
  ["Page: types", () => tool("svelte-check/bin/svelte-check", "--fail-on-warnings")],
  ["Package and page: unit tests", () => tool("vitest/vitest.mjs", "run", "--project", "unit")],
  ["Package and page: tests in Chromium and Firefox", () => tool("@playwright/test/cli.js", "test")],
  ["Page: tests in WebKit", testInWebKit],
];

const words = process.argv.slice(2).map((word) => word.toLowerCase());
if (words.includes("--list")) {
  for (const [name] of checks) console.log(name);
} else {
  const names = checks.map(([name]) => name.toLowerCase());
  const unknown = words.find((word) => !names.some((name) => name.includes(word)));
  if (unknown !== undefined) throw new Error(`no check's name holds "${unknown}"; --list names them`);
  await install();
  await installBrowsers();
  const chosen = checks.filter(
    ([name]) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
  );
  process.exitCode = summarize(await runAll(chosen)) ? 0 : 1;
}

/** @typedef {{ name: string, outcome: "passed" | "FAILED" | "left out", reason: string, seconds: number }} Result */

/**
 * Runs all of them, also after one that failed.
 *
 * @param {typeof checks} chosen
 */
async function runAll(chosen) {
  /** @type {Result[]} */
  const results = [];
  for (const [name, check] of chosen) {
    console.log(`\n━━ ${name}`);
    const begun = performance.now();
    /** @type {Pick<Result, "outcome" | "reason">} */
    const result = await check().then(
      (reason) => (reason ? { outcome: "left out", reason } : { outcome: "passed", reason: "" }),
      (error) => ({ outcome: "FAILED", reason: error.message }),
    );
    if (result.reason) console.log(`${result.outcome}: ${result.reason}`);
    results.push({ name, ...result, seconds: (performance.now() - begun) / 1000 });
  }
  return results;
}

/**
 * Prints what came out; says whether it was good.
 *
 * @param {Result[]} results
 */
function summarize(results) {
  console.log("\n━━ Summary");
  for (const { name, outcome, seconds } of results) {
    console.log(`${outcome.padEnd(8)}  ${seconds.toFixed(1).padStart(6)} s  ${name}`);
  }
  const count = (/** @type {Result["outcome"]} */ wanted) =>
    results.filter(({ outcome }) => outcome === wanted).length;
  console.log(`${count("passed")} passed, ${count("FAILED")} failed`);
  return count("passed") > 0 && count("FAILED") === 0;
}

/**
 * Runs a command-line program out of node_modules.
 *
 * @param {string} path
 * @param {string[]} args
 */
function tool(path, ...args) {
  return run("node", [join("node_modules", path), ...args]);
}

/**
 * @param {import("./wasm.mjs").Build} build
 * @param {import("./wasm.mjs").Place} place
 */
function testWasm(build, place) {
  return runOnWasm(build, place, ["test", "--lib", "--tests", ...wasm]);
}

async function testInWebKit() {
  if (!findWebKit()) return "there is no WebKit to drive (Debian: apt-get install webkit2gtk-driver xvfb)";
  return tool("vitest/vitest.mjs", "run", "--project", "webkit");
}
