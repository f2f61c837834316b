import type { FromWorker, JoinMessage, PeerRequest } from "../protocol.js";
import type { Platform } from "./platform.js";
import { endWorker, workerAddress } from "./stubs.js";
import { scriptUrl } from "./trusted.js";

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
    const address = scriptUrl(workerAddress(url));
    let worker: Worker;
    try {
      worker = new Worker(address, { type: "module", name: "tabgrad" });
    } catch (error) {
      endWorker(url);
      throw error;
    }
    const peers = new Set<Worker>();
    let ended = false;
    worker.onmessage = ({ data }: MessageEvent<FromWorker | PeerRequest>) => {
      if (data.type === "startPeer") startPeer(address, data, peers);
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
        if (!ended) endWorker(url);
        ended = true;
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
function startPeer(address: string, { port, control }: PeerRequest, peers: Set<Worker>): void {
  try {
    // What it must not do (js/worker/browser-platform.ts) a worker that this package runs in must not either.
    if (globalThis.document === undefined) throw new Error("not in a worker");
    const peer = new Worker(address, { type: "module", name: "tabgrad peer" });
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
