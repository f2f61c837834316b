/** A browser's worker. */
import { TabgradError } from "../errors.js";
import * as glue from "../generated/tabgrad_bg.js";
import { fetchBytes, noFiles } from "./fetching.js";
import { decode } from "./pictures.js";
import type { WorkerPlatform } from "./platform.js";

/** Fails of loading the rest: a module that could not be loaded is not asked for again under the same address. */
let failures = 0;

/** A browser's worker. */
export const browser: WorkerPlatform = {
  read: (url, signal, onProgress) => {
    if (url.startsWith("file:")) throw noFiles(url);
    return fetchBytes(url, signal, onProgress);
  },
  readNow(url) {
    const request = new XMLHttpRequest();
    request.open("GET", url, false);
    request.responseType = "arraybuffer";
    request.send();
    if (request.status !== 200)
      throw new TabgradError("network", `${url} was answered with status ${request.status}.`);
    return new Uint8Array(request.response as ArrayBuffer);
  },
  decode,
  cores: () => globalThis.navigator?.hardwareConcurrency || 1,

  async loadRest(url) {
    // The engine's glue holds the engine: both files must have the same (scripts/package.mjs). They cannot import
    // each other, since bundlers of users copy them under other names.
    Object.assign(globalThis, { tabgradGlue: glue });
    try {
      return (await import(/* @vite-ignore */ failures === 0 ? url : `${url}#${failures}`)).rest;
    } catch {
      failures += 1;
      throw new TabgradError(
        "wasm",
        `The worker's file ${url} cannot be loaded. Copy worker-rest.js from the package's dist folder beside worker.js. A content security policy must allow it by script-src 'self'.`,
      );
    }
  },
};
