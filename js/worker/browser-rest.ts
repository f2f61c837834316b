/** What a browser's worker loads after the first prediction. */
import { scriptUrl } from "../platform/trusted.js";
import type { PeerRequest } from "../protocol.js";
import { blobSource } from "./bytes/blob.js";
import { openOpfs } from "./bytes/opfs.js";
import { fetchParts, noFiles } from "./fetching.js";
import { restOf } from "./rest.js";
import { Database } from "./store/database.js";
import { IndexedDbStore } from "./store/indexeddb.js";
import { IndexedDbRuns } from "./store/indexeddb-runs.js";
import type { RunStore } from "./store/runs.js";
import type { PeerHandle, PeerListener } from "./team/team.js";

declare const self: DedicatedWorkerGlobalScope;

/**
 * In Firefox `new Worker` in a worker may block for ever: the constructor and the new thread wait on one
 * condition variable, and the one notification may wake the wrong one. (Of 15 workers that started six at
 * once, 5 blocked; of 105 starts one by one, 1.) A page's `new Worker` does not wait. Where there is no page,
 * since the package itself runs in a worker, there are no peers.
 */
const GECKO = /\bGecko\/\d/.test(globalThis.navigator?.userAgent ?? "");

const database = new Database();

export const rest = restOf({
  readParts(url, signal, onProgress) {
    if (url.startsWith("file:")) throw noFiles(url);
    return fetchParts(url, signal, onProgress);
  },
  writeFile: async (url) => {
    throw noFiles(url);
  },
  removeFile: async (url) => {
    throw noFiles(url);
  },
  async openRecords(place) {
    if (place.kind === "blob") return blobSource(place.blob);
    if (place.kind === "opfs") return openOpfs(place.folder, place.temporary);
    throw noFiles(place.path);
  },
  store: new IndexedDbStore(database),
  runs: new IndexedDbRuns(database),
  runFiles: noRunFiles(),

  startPeer(listener) {
    if (GECKO) return startByPage(listener);
    const peer = new Worker(scriptUrl(globalThis.location.href), { type: "module", name: "tabgrad peer" });
    peer.onmessage = ({ data }) => listener.onMessage(data);
    peer.onmessageerror = () => listener.onFailure();
    peer.onerror = (event) => {
      event.preventDefault();
      listener.onFailure();
    };
    return {
      post: (message, transfer = []) => peer.postMessage(message, transfer),
      terminate: () => peer.terminate(),
    };
  },
});

/** Browsers have no files. */
function noRunFiles(): RunStore {
  const refuse = async (name: string): Promise<never> => {
    throw noFiles(name);
  };
  return { claim: refuse, save: refuse, load: refuse, remove: refuse, list: async () => [] };
}

/** A peer that the page starts; what it is told does not go through the page. */
function startByPage(listener: PeerListener): PeerHandle {
  const work = new MessageChannel();
  const control = new MessageChannel();
  work.port1.onmessage = ({ data }) => listener.onMessage(data);
  work.port1.onmessageerror = () => listener.onFailure();
  control.port1.onmessage = () => listener.onFailure();
  const request: PeerRequest = { type: "startPeer", port: work.port2, control: control.port2 };
  self.postMessage(request, [request.port, request.control]);
  return {
    post: (message, transfer = []) => work.port1.postMessage(message, transfer),
    terminate: () => {
      control.port1.postMessage("end");
      work.port1.close();
    },
  };
}
