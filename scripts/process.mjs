// Running programs and finding them, with Node's own modules only: these run before npm ci has.

import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder; everything runs in it. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const windows = process.platform === "win32";

/**
 * Runs a program to its end, its output going where ours goes; rejects if it fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env] added to ours
 * @returns {Promise<void>}
 */
export function run(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    // npm and npx are .cmd files on Windows, which only a shell starts.
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: "inherit",
      shell: windows && /^np[mx]$/.test(program),
    });
    child.once("error", (cause) => reject(new Error(`cannot start ${program}: ${cause.message}`)));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${[program, ...args].join(" ")} ended with ${signal ?? `exit code ${code}`}`));
    });
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
