// npm test: installs, then runs every check.
//   npm test -- --list    names the checks
//   npm test -- wasm      runs those whose names hold "wasm" (or one of several words)

import { join } from "node:path";
import { auditAdvisories, auditCrates, auditPackages } from "./audit.mjs";
import { findWebKit, installBrowsers } from "./browsers.mjs";
import { build } from "./build.mjs";
import { install } from "./install.mjs";
import { run, takingOutput } from "./process.mjs";
import { checkPredict } from "./python.mjs";
import { runOnWasm, wasm } from "./wasm.mjs";

const warnings = ["--", "-D", "warnings"];
const colors = `--colors=${process.stdout.isTTY ? "force" : "off"}`;

/**
 * A check resolves when it passes and rejects when it fails; one that cannot run here resolves to the reason.
 *
 * @typedef {[name: string, check: () => Promise<string | void>]} Check
 */

/**
 * What runs side by side: the release build has one thread for minutes, and the tests need none of it. Each is in
 * the order in which its checks depend on each other.
 *
 * @type {Check[][]}
 */
const lanes = [
  [
    ["Rust: format", () => run("cargo", ["fmt", "--all", "--check"])],
    ["Rust: tests, native", () => run("cargo", ["test"])],
    ["Command line: tests", () => run("cargo", ["test", "--package", "tabgrad-cli"])],
    ["Build: tests", () => run("cargo", ["test", "--profile", "tool", "--package", "xtask"])],
    ["Rust: tests, wasm in Node", () => testWasm("baseline", "node")],
    ["Rust: tests, wasm in Chromium's window", () => testWasm("baseline", "window")],
    ["Rust: tests, wasm in Chromium's worker", () => testWasm("baseline", "worker")],
    ["Rust: tests, relaxed wasm in Node", () => testWasm("relaxed", "node")],
    ["Rust: tests, relaxed wasm in Chromium's window", () => testWasm("relaxed", "window")],
    ["Dependencies: crates, by cargo-deny", auditCrates],
    ["Dependencies: known faults of crates", auditAdvisories],
    ["Dependencies: known faults of packages", auditPackages],
  ],
  [
    ["Web: format and lints", () => tool("@biomejs/biome/bin/biome", "ci", colors, ".")],
    ["Build: wasm, package, page", build],
    ["Build: download before the first prediction", () => run("node", ["scripts/download.mjs"])],
    ["Page: its script in Python", checkPredict],
    ["Package: types", () => tool("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.package.json")],
    ["Package: types of the worker", () => tool("typescript/bin/tsc", "-p", "tsconfig.worker.json")],
    ["Scripts and tests: types", () => tool("typescript/bin/tsc", "-p", "tsconfig.node.json")],
    ["Page: types", () => tool("svelte-check/bin/svelte-check", "--fail-on-warnings")],
    ["Package and page: unit tests", () => tool("vitest/vitest.mjs", "run", "--project", "unit")],
    // Cargo builds one thing at a time for a target and profile: these wait for the tests, or these for them.
    ["Rust: lints, native", () => run("cargo", ["clippy", "--workspace", "--all-targets", ...warnings])],
    ["Rust: lints, wasm", () => run("cargo", ["clippy", "--all-targets", ...wasm, ...warnings])],
  ],
];

/** What runs alone behind it: browsers that train would only time out beside compilers. @type {Check[]} */
const alone = [
  ["Package and page: tests in Chromium and Firefox", () => tool("@playwright/test/cli.js", "test")],
  ["Page: tests in WebKit", testInWebKit],
];

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const names = [...lanes, alone].flatMap((lane) => lane.map(([name]) => name));
if (words.includes("--list")) {
  for (const name of names) console.log(name);
} else {
  const unknown = words.find((word) => !names.some((name) => name.toLowerCase().includes(word)));
  if (unknown !== undefined) throw new Error(`no check's name holds "${unknown}"; --list names them`);
  await install();
  await installBrowsers();
  const chosen = lanes.map((lane) => lane.filter(isChosen)).filter((lane) => lane.length > 0);
  const mixed = chosen.length > 1;
  const results = (await Promise.all(chosen.map((lane) => runAll(lane, mixed)))).flat();
  results.push(...(await runAll(alone.filter(isChosen), false)));
  process.exitCode = summarize(results) ? 0 : 1;
}

/** @param {Check} check */
function isChosen([name]) {
  return words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
}

/** @typedef {{ name: string, outcome: "passed" | "FAILED" | "left out", reason: string, seconds: number }} Result */

/**
 * Runs all of them, also after one that failed.
 *
 * @param {Check[]} checks
 * @param {boolean} gathered whether what a check writes is shown at its end
 */
async function runAll(checks, gathered) {
  /** @type {Result[]} */
  const results = [];
  for (const [name, check] of checks) {
    console.log(gathered ? `\n━━ ${name}: begun` : `\n━━ ${name}`);
    const begun = performance.now();
    let output = "";
    const ending = gathered
      ? takingOutput((text) => {
          output += text;
        }, check)
      : check();
    /** @type {Pick<Result, "outcome" | "reason">} */
    const result = await ending.then(
      (reason) => (reason ? { outcome: "left out", reason } : { outcome: "passed", reason: "" }),
      (error) => ({ outcome: "FAILED", reason: error.message }),
    );
    if (gathered) console.log(`\n━━ ${name}\n${output}`);
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
  // Files are read by a module of its own, which there is without relaxed SIMD only.
  const features = build === "relaxed" ? ["--no-default-features", "--features", "engine"] : [];
  return runOnWasm(build, place, ["test", "--lib", "--tests", ...features, ...wasm]);
}

async function testInWebKit() {
  if (!findWebKit()) return "there is no WebKit to drive (Debian: apt-get install webkit2gtk-driver xvfb)";
  return tool("vitest/vitest.mjs", "run", "--project", "webkit");
}
