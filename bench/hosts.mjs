// Where systems run: a page of Chromium of its own, or a process of its own. Each answers calls of what its
// module's `open` returned.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { chromiumArgs, findChromium } from "../scripts/browsers.mjs";
import { root, which } from "../scripts/process.mjs";

/** Milliseconds that a system may take for one call: a window, and what it does at first. */
const LIMIT = 120_000;

/**
 * @typedef {object} Host
 * @property {(method: string, ...args: unknown[]) => Promise<any>} call
 * @property {() => Promise<void>} close
 */

/** Starts the browser that the tests use too. */
export function launchChromium() {
  const executablePath = findChromium();
  return chromium.launch({
    args: chromiumArgs,
    ...(executablePath ? { executablePath } : {}),
  });
}

/**
 * The same with a profile on the disk, as people have: without one a browser keeps files in memory, and asks
 * another process for each of their bytes.
 *
 * @param {string} folder of the profile
 */
export function launchWithProfile(folder) {
  const executablePath = findChromium();
  return chromium.launchPersistentContext(folder, {
    args: chromiumArgs,
    ...(executablePath ? { executablePath } : {}),
  });
}

/**
 * A page that has loaded a system's module.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} address of the server
 * @param {{ system: string, isolated: boolean, visit?: { url: string, workers: number } }} where `visit` makes
 * the page load a workload and predict by itself
 * @returns {Promise<Host & { page: import("playwright-core").Page }>}
 */
export async function openPage(browser, address, { system, isolated, visit }) {
  // A context of its own gives it a process of its own.
  const context = await browser.newContext();
  const page = await context.newPage();
  const query = new URLSearchParams({ system });
  if (visit) {
    query.set("visit", visit.url);
    query.set("workers", String(visit.workers));
  }
  await page.goto(`${address}/${isolated ? "isolated" : "plain"}/?${query}`);
  return {
    page,
    call: (method, ...args) =>
      page.evaluate(([method, args]) => globalThis.call(method, args), [method, args]),
    close: () => context.close(),
  };
}

/**
 * A process that reads calls from its input and answers on its output, a line each.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<Host>}
 */
export async function openProcess(program, args, env = {}) {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: "pipe",
  });
  /** @type {{ resolve: (value: unknown) => void, reject: (error: Error) => void }[]} */
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { value, error } = JSON.parse(line);
    const call = waiting.shift();
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Error(error));
  });
  let complaint = "";
  createInterface({ input: child.stderr }).on("line", (line) => {
    complaint = line.trim() || complaint;
  });
  const fail = (reason) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${program}: ${reason}`));
  };
  child.once("error", ({ message }) => fail(message));
  child.once("close", (code, signal) => fail(complaint || `it ended with ${signal ?? `exit code ${code}`}`));
  child.stdin.on("error", () => {});
  return {
    call: (method, ...args) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify({ method, args })}\n`);
      }),
    close: async () => {
      child.stdin.end();
      const ended = new Promise((resolve) => child.once("exit", resolve));
      setTimeout(() => child.kill(), 2000).unref();
      if (child.exitCode === null) await ended;
    },
  };
}

/**
 * Opens a system on a workload.
 *
 * @param {import("./measure.mjs").System} system
 * @param {{ files: { path: string, url: string }, address: string, batch: number, browser?: any }} where
 * @returns {Promise<Host>}
 */
export async function openSystem({ system, workers, isolated, bundle }, { files, address, batch, browser }) {
  const host =
    bundle !== undefined
      ? await openPage(browser, address, { system: bundle, isolated: isolated ?? false })
      : await (system === "PyTorch" ? openPython(workers) : openNode());
  const call = (method, ...args) => within(LIMIT, host.call(method, ...args), `${method}: no answer`);
  try {
    const url = bundle === undefined ? address + files.url : files.url;
    await call("open", { url, path: files.path, workers, batch });
  } catch (error) {
    await host.close();
    throw error;
  }
  return { ...host, call };
}

/** Rejects if the promise takes longer than so many milliseconds. */
async function within(limit, promise, complaint) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${complaint} in ${limit / 1000} s`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** tabgrad in a process of Node. */
function openNode() {
  return openProcess(process.execPath, [join(root, "bench/systems/node.mjs")]);
}

/** PyTorch in a process of Python, with as many threads from the start. */
function openPython(threads) {
  const python = process.env.TABGRAD_PYTHON ?? which("python3");
  if (!python) throw new Error("there is no Python; TABGRAD_PYTHON may name one that has torch");
  const env = { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) };
  return openProcess(python, [join(root, "bench/systems/pytorch.py")], env);
}

/**
 * Megabytes that the largest renderer of a browser has in memory now (VmRSS) or had at its peak (VmHWM);
 * undefined where that cannot be read.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {"VmRSS" | "VmHWM"} what
 * @returns {Promise<number | undefined>}
 */
export function rendererMemory(browser, what) {
  return ofRenderers(browser, "status", [what]);
}

/**
 * Megabytes that only the largest renderer of a browser has, in memory or swapped out: all of it but the pages
 * of programs and libraries that its other processes use too; undefined where that cannot be read.
 *
 * @param {import("playwright-core").Browser} browser
 * @returns {Promise<number | undefined>}
 */
export function rendererFootprint(browser) {
  return ofRenderers(browser, "smaps_rollup", ["Private_Clean", "Private_Dirty", "Swap"]);
}

/** The largest sum of these sizes that a renderer has in this file of the system's. */
async function ofRenderers(browser, file, names) {
  if (process.platform !== "linux") return undefined;
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => {
      const text = readFileSync(`/proc/${id}/${file}`, "utf8");
      const kilobytes = names.map((name) =>
        Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]),
      );
      return kilobytes.reduce((sum, size) => sum + size);
    });
  return (Math.max(...sizes) * 1024) / 1e6;
}
