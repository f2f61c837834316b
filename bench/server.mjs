// Serves the systems and the workloads to the browser. A page under /isolated/ is cross-origin isolated, one
// under /plain/ is not; what they load is the same. /empty/ loads nothing, nor does /bare/, which is isolated.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { root } from "../scripts/process.mjs";

const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const script = '<script type="module" src="/bench/systems/page.js"></script>';

/** What pages hold, by the first part of the address. */
const pages = { isolated: script, plain: script, empty: "", bare: "" };

/** The pages that are cross-origin isolated. */
const isolated = ["isolated", "bare"];

/** Folders by the first part of the address. */
const folders = {
  bench: join(root, "bench"),
  dist: join(root, "dist"),
  systems: join(root, "target/bench/systems"),
  workloads: join(root, "target/bench/workloads"),
  mnist: join(root, "www/public/mnist"),
  public: join(root, "www/public"),
};

/**
 * @param {Record<string, string | undefined>} [more] folders beside the usual ones
 * @returns {Promise<{ address: string, served: Map<string, string>, close: () => void }>} `served` are the
 * addresses that were asked for, with their files
 */
export async function serve(more = {}) {
  const places = { ...folders, ...more };
  /** @type {Map<string, string>} */
  const served = new Map();
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const headers = { "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-cache" };
    const isolating = { ...headers, "Cross-Origin-Embedder-Policy": "require-corp" };
    const [, place = "", ...rest] = path.split("/");
    if (place in pages) {
      const own = isolated.includes(place)
        ? { ...isolating, "Cross-Origin-Opener-Policy": "same-origin" }
        : headers;
      const page = `<!doctype html><title>bench</title><link rel="icon" href="data:,">${pages[place]}`;
      response.writeHead(200, { "Content-Type": "text/html", ...own }).end(page);
      return;
    }
    const file = places[place] && join(places[place], ...rest);
    if (!file || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    served.set(path, file);
    const type = types[extname(file)] ?? "application/octet-stream";
    // Workers of an isolated page must say so themselves; others may.
    response.writeHead(200, { "Content-Type": type, ...isolating });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    served,
    address: `http://localhost:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
