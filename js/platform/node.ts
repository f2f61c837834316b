/// <reference types="node" />
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { FromWorker } from "../protocol.js";
import type { EngineUrls, Platform } from "./platform.js";

/** The files of a build of the engine. No bundler looks for them here, as in a page. */
const build = (name: string): EngineUrls => ({
  first: new URL(`./${name}_bg.wasm`, import.meta.url),
  rest: new URL(`./${name}_rest.wasm`, import.meta.url),
});

/** Node, from version 20. */
export const node: Platform = {
  workerUrl: () => new URL("./worker-node.js", import.meta.url),
  // Nothing is downloaded: it is one file.
  workerRestUrl: () => new URL("./worker-node.js", import.meta.url),
  wasmUrls: () => ({ baseline: build("tabgrad"), relaxed: build("tabgrad_relaxed") }),
  dataUrls: () => ({
    worker: new URL("./data-node.js", import.meta.url),
    wasm: new URL("./tabgrad_data_bg.wasm", import.meta.url),
  }),

  startWorker(url, listener) {
    const worker = new Worker(url, { name: "tabgrad" });
    worker.on("message", (message: FromWorker) => listener.onMessage(message));
    worker.on("error", (error) => listener.onFailure(error.message));
    worker.on("exit", (code) => listener.onFailure(`the worker ended with code ${code}`));
    return {
      post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
      terminate: () => {
        worker.removeAllListeners();
        void worker.terminate();
      },
      keepAlive: (on) => (on ? worker.ref() : worker.unref()),
    };
  },

  resolve: (url) => (URL.canParse(url) ? new URL(url) : pathToFileURL(url)),

  async askToPersist() {},
};
