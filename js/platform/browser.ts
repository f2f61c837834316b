import type { FromWorker, JoinMessage, PeerRequest } from "../protocol.js";
import type { Platform } from "./platform.js";

/** Milliseconds after which a browser that does not answer is taken for one that says no. */
const PERSIST_TIMEOUT = 3000;

let asked = false;

/** A page, or a worker of one. */
export const browser: Platform = {
  // Written out, so that bundlers see that these files belong to the package.
  workerUrl: () => new URL("./worker.js", import.meta.url),
  workerRestUrl: () => new URL("./worker-rest.js", import.meta.url),
  wasmUrls: () => ({
    baseline: {
      first: new URL("./tabgrad_bg.wasm", import.meta.url),
      rest: new URL("./tabgrad_rest.wasm", import.meta.url),
    },
    relaxed: {
      first: new URL("./tabgrad_relaxed_bg.wasm", import.meta.url),
      rest: new URL("./tabgrad_relaxed_rest.wasm", import.meta.url),
    },
  }),
  dataUrls: () => ({
    worker: new URL("./data.js", import.meta.url),
    wasm: new URL("./tabgrad_data_bg.wasm", import.meta.url),
  }),

  startWorker(url, listener) {
    const worker = new Worker(sameOrigin(url), { type: "module", name: "tabgrad" });
    const peers = new Set<Worker>();
    worker.onmessage = ({ data }: MessageEvent<FromWorker | PeerRequest>) => {
      if (data.type === "startPeer") startPeer(url, data, peers);
      else listener.onMessage(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      listener.onFailure(event.message || `${url.href} cannot be loaded`);
    };
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      terminate: () => {
        worker.terminate();
        for (const peer of peers) peer.terminate();
      },
      keepAlive: () => {},
    };
  },

  async compile(url) {
    const response = await fetch(url);
    return WebAssembly.compile(await response.arrayBuffer());
  },

  resolve: (url) => new URL(url, globalThis.document?.baseURI ?? globalThis.location.href),

  async askToPersist() {
    if (asked) return;
    asked = true;
    const answer = globalThis.navigator?.storage?.persist?.();
    // Some browsers ask the user, some never answer: saving does not depend on it.
    const timeout = new Promise((resolve) => setTimeout(resolve, PERSIST_TIMEOUT));
    await Promise.race([answer, timeout]).catch(() => {});
  },
};

/** Starts a peer for a worker that must not do so itself. */
function startPeer(url: URL, { port, control }: PeerRequest, peers: Set<Worker>): void {
  try {
    // What it must not do (js/worker/browser-platform.ts) a worker that this package runs in must not either.
    if (globalThis.document === undefined) throw new Error("not in a worker");
    const peer = new Worker(sameOrigin(url), { type: "module", name: "tabgrad peer" });
    peers.add(peer);
    peer.onerror = (event) => {
      event.preventDefault();
      control.postMessage("failed");
    };
    control.onmessage = () => {
      peer.terminate();
      peers.delete(peer);
      control.close();
    };
    peer.postMessage({ type: "join", port } satisfies JoinMessage, [port]);
  } catch {
    control.postMessage("failed");
  }
}

/** The addresses of stubs by those of what they import: each would otherwise live as long as the page. */
const stubs = new Map<string, string>();

/** A worker's file must come from the page's own origin; one from elsewhere (a CDN) is imported by a stub. */
function sameOrigin(url: URL): URL | string {
  if (url.origin === globalThis.location.origin || url.protocol === "blob:") return url;
  let stub = stubs.get(url.href);
  if (stub === undefined) {
    const code = new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" });
    stub = URL.createObjectURL(code);
    stubs.set(url.href, stub);
  }
  return stub;
}
