// A version of the page: all its files by their content, for the service worker (www/sw.js) and for the page.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./process.mjs";

const PUBLIC = "www/public";

/** Files in `www/public` that are loaded when they are first used; the page names them by their content. */
const DATA = /^(mnist|models|texts)\/.*\.(gzip|safetensors)$/;
/** Of these, what the page cannot do without. */
const NEEDED = /^models\//;
/** What is nothing of the page's. */
const UNUSED = /README\.txt$/;

/** Stands in the page for its version until all its files are known. */
const PLACEHOLDER = "version-of-the-page";

/**
 * Gives each build a version: the hash of all its files. The page has it in a `meta` tag, the service worker
 * with the list of its files.
 *
 * @returns {import("vite").Plugin}
 */
export function versions() {
  return {
    name: "versions",
    apply: "build",
    enforce: "post",
    config: () => ({ define: { FILE_HASHES: JSON.stringify(dataHashes()) } }),
    transformIndexHtml: () => [
      { tag: "meta", attrs: { name: "version", content: PLACEHOLDER }, injectTo: "head" },
    ],
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const page = bundle["index.html"];
        if (page?.type !== "asset") throw new Error("the build has no index.html");
        /** @type {Record<string, string>} */
        const files = {};
        for (const [name, file] of Object.entries(bundle)) {
          files[name] = hash(file.type === "chunk" ? file.code : file.source);
        }
        const data = dataHashes();
        for (const name of publicFiles()) {
          if (!UNUSED.test(name) && !(name in data))
            files[name] = hash(readFileSync(join(root, PUBLIC, name)));
        }
        for (const [name, content] of Object.entries(data)) files[addressOf(name, content)] = content;
        const version = hash(JSON.stringify(Object.entries(files).sort())).slice(0, 16);

        page.source = String(page.source).replace(PLACEHOLDER, version);
        delete files["index.html"];
        // Servers answer the folder's address with it.
        files["./"] = hash(page.source);
        const later = Object.keys(files).filter((name) => DATA.test(nameOf(name)) && !NEEDED.test(name));
        const head = Object.entries({ VERSION: version, FILES: files, LATER: later }).map(
          ([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`,
        );
        const source = head.join("") + readFileSync(join(root, "www/sw.js"), "utf8");
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}

/** Hashes of the data files by their names. */
function dataHashes() {
  const names = publicFiles().filter((name) => DATA.test(name));
  return Object.fromEntries(names.map((name) => [name, hash(readFileSync(join(root, PUBLIC, name)))]));
}

function publicFiles() {
  const entries = readdirSync(join(root, PUBLIC), { recursive: true, withFileTypes: true });
  const folder = join(root, PUBLIC, "/");
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll("\\", "/"))
    .sort();
}

/**
 * As www/shared/own-files.ts has it.
 *
 * @param {string} name
 * @param {string} content
 */
const addressOf = (name, content) => `${name}?sha256-${content}`;

/** @param {string} address */
const nameOf = (address) => address.replace(/\?.*/, "");

/** @param {string | Uint8Array} content */
function hash(content) {
  return createHash("sha256").update(content).digest("base64url");
}
