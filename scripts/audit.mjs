// What is known against the dependencies. These checks ask others than this machine, or a program that not everyone
// has: where there is no answer they say so, and pass nothing for good. What can be checked without is in tests/tidy.

import { capture, which } from "./process.mjs";

const MISSING = "there is no cargo-deny (cargo install cargo-deny --locked)";

/** What npm's registry knows of the packages that build the page and are in it. */
export async function auditPackages() {
  const { code, output } = await capture("npm", ["audit", "--json", "--audit-level=moderate"]);
  const report = parsed(output);
  if (report?.vulnerabilities === undefined) {
    return `the registry answers no audits: ${report?.message ?? `npm audit ended with exit code ${code}`}`;
  }
  if (code !== 0) throw new Error(`npm audit finds faults:\n${output}`);
  return undefined;
}

/** The licences, sources and versions of the crates, as deny.toml wants them. */
export async function auditCrates() {
  if (!which("cargo-deny")) return MISSING;
  const { code, output } = await capture("cargo", ["deny", "check", "licenses", "bans", "sources"]);
  if (code !== 0) throw new Error(output);
  return undefined;
}

/** What RustSec knows of the crates. */
export async function auditAdvisories() {
  if (!which("cargo-deny")) return MISSING;
  const { code, output } = await capture("cargo", ["deny", "check", "advisories"]);
  if (/failed to fetch advisory database/.test(output)) {
    return "RustSec's database cannot be fetched (github.com/RustSec/advisory-db)";
  }
  if (code !== 0) throw new Error(output);
  return undefined;
}

/**
 * @param {string} text
 * @returns {{ message?: string, vulnerabilities?: object } | undefined}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
