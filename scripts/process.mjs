// Running programs and finding them, with Node's own modules only: these run before npm ci has.

import { AsyncLocalStorage } from "node:async_hooks";
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder; everything runs in it. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const windows = process.platform === "win32";

/** Where the output of programs goes instead of to ours. @type {AsyncLocalStorage<(text: string) => void>} */
const elsewhere = new AsyncLocalStorage();

/**
 * Gives the output of all that `action` runs to `take`, so that what runs side by side is not mixed.
 *
 * @template T
 * @param {(text: string) => void} take
 * @param {() => Promise<T>} action
 */
export function takingOutput(take, action) {
  return elsewhere.run(take, action);
}

/**
 * Runs a program to its end, its output going where ours goes; rejects if it fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env] added to ours
 * @returns {Promise<void>}
 */
export function run(program, args, env = {}) {
  const take = elsewhere.getStore();
  return new Promise((resolve, reject) => {
    // npm and npx are .cmd files on Windows, which only a shell starts.
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: take ? ["ignore", "pipe", "pipe"] : "inherit",
      shell: windows && /^np[mx]$/.test(program),
    });
    if (take) for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", take);
    child.once("error", (cause) => reject(new Error(`cannot start ${program}: ${cause.message}`)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${[program, ...args].join(" ")} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/**
 * Runs a program to its end and gives what it wrote, as it came: a failure is for the caller to judge.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function capture(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, shell: windows && /^np[mx]$/.test(program) });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    // npm's report is JSON, and its warnings beside it are not.
    child.stderr.on("data", (data) => {
      if (program !== "npm") output += data;
    });
    child.once("error", (cause) => reject(new Error(`cannot start ${program}: ${cause.message}`)));
    child.once("close", (code) => resolve({ code, output }));
  });
}

/**
 * The first of these programs that can be run: a path, or a name that PATH knows.
 *
 * @param {readonly (string | undefined)[]} names
 * @returns {string | undefined}
 */
export function which(...names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const endings = windows ? [".exe", ".cmd", ""] : [""];
  return names
    .flatMap((name) => (name ? [name] : []))
    .flatMap((name) => (/[\\/]/.test(name) ? [name] : folders.map((folder) => join(folder, name))))
    .flatMap((path) => endings.map((ending) => path + ending))
    .find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
