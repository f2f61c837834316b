// What a fresh clone needs before anything can be built. Costs a moment when all is there.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, which } from "./process.mjs";

const stamp = join(root, "node_modules/.tabgrad-installed");

/** Installs the Rust toolchain of rust-toolchain.toml and the packages of package-lock.json. */
export async function install() {
  if (!which("rustup")) throw new Error("rustup is missing: install it from https://rustup.rs");
  await run("rustup", ["toolchain", "install", "--no-self-update"]);

  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (read(stamp) === lock) return;
  await run("npm", ["ci"]);
  writeFileSync(stamp, lock);
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
