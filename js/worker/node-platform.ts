/// <reference types="node" />
/** Node's worker. */
import { readFileSync } from "node:fs";
import { readFile, rm, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { abortError, TabgradError } from "../errors.js";
import { openFile } from "./bytes/node.js";
import { fetchBytes, fetchParts } from "./fetching.js";
import type { WorkerPlatform } from "./platform.js";
import { restOf } from "./rest.js";
import { fileError, writeWhole } from "./store/files.js";
import { RunFiles } from "./store/run-files.js";
import type { RunStore } from "./store/runs.js";
import type { Store } from "./store/store.js";

/** Node, from version 20. */
export const node: WorkerPlatform = {
  async read(url, signal, onProgress) {
    if (!url.startsWith("file:")) return fetchBytes(url, signal, onProgress);
    try {
      return new Uint8Array(await readFile(fileURLToPath(url), signal ? { signal } : {}));
    } catch (error) {
      if (signal?.aborted) throw abortError(signal);
      throw fileError(fileURLToPath(url), "read", error);
    }
  },

  readNow: (url) => new Uint8Array(readFileSync(fileURLToPath(url))),

  async decode(image) {
    if ("data" in image) return image;
    throw new TabgradError(
      "unsupported",
      "Node reads no pictures. Hand over { data, width, height } with RGBA bytes, as image libraries give them.",
    );
  },

  cores: () => availableParallelism(),
  // Nothing is downloaded here: it is one file.
  loadRest: async () => rest,
};

const rest = restOf({
  async *readParts(url, signal, onProgress) {
    if (url.startsWith("file:")) yield await node.read(url, signal);
    else yield* fetchParts(url, signal, onProgress);
  },

  async writeFile(url, bytes, overwrite) {
    const path = fileURLToPath(url);
    if (!overwrite && (await exists(path)))
      throw new TabgradError("argument", `The file ${path} exists already.`);
    await writeWhole(path, bytes);
  },

  async removeFile(url) {
    try {
      await rm(fileURLToPath(url));
    } catch (error) {
      throw fileError(fileURLToPath(url), "removed", error);
    }
  },

  async openRecords(place) {
    if (place.kind === "file") return openFile(place.path, place.temporary);
    throw new TabgradError("unsupported", `Node has no place of the kind "${place.kind}".`);
  },

  store: noStore(),
  runs: noRuns(),
  runFiles: new RunFiles(),

  startPeer(listener) {
    const peer = new Worker(new URL(import.meta.url), { name: "tabgrad peer" });
    peer.on("message", (message) => listener.onMessage(message));
    peer.on("messageerror", () => listener.onFailure());
    peer.on("error", () => listener.onFailure());
    peer.on("exit", () => listener.onFailure());
    // Who computes decides how long the program lives, not who helps.
    peer.unref();
    return {
      post: (message, transfer = []) => peer.postMessage(message, transfer),
      terminate: () => void peer.terminate(),
    };
  },
});

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function refuse(): Promise<never> {
  throw new TabgradError(
    "unsupported",
    'Node has no IndexedDB. Use a file: save("file:///folder/model.safetensors") and loadModel with the same address, or backup: "file:///folder/run".',
  );
}

/** Node has no IndexedDB. */
function noStore(): Store {
  return { save: refuse, load: refuse, list: refuse, remove: refuse, copy: refuse, usage: refuse };
}

function noRuns(): RunStore {
  return { claim: refuse, save: refuse, load: refuse, list: refuse, remove: refuse };
}
