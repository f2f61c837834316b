/** A browser's worker. */
import { messageOf, TabgradError } from "../errors.js";
import type { PeerRequest, WireImage } from "../protocol.js";
import { fetchBytes } from "./fetching.js";
import type { Pixels, WorkerPlatform } from "./platform.js";
import { IndexedDbStore } from "./store/indexeddb.js";
import type { PeerHandle, PeerListener } from "./team/team.js";

declare const self: DedicatedWorkerGlobalScope;

/** Pixels that a picture may have, so that a small file cannot take all memory. */
const MAX_PIXELS = 2 ** 26;

/**
 * In Firefox `new Worker` in a worker may block for ever: the constructor and the new thread wait on one
 * condition variable, and the one notification may wake the wrong one. (Of 15 workers that started six at
 * once, 5 blocked; of 105 starts one by one, 1.) A page's `new Worker` does not wait. Where there is no page,
 * since the package itself runs in a worker, there are no peers.
 */
const GECKO = /\bGecko\/\d/.test(globalThis.navigator?.userAgent ?? "");

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
  writeFile: async (url) => {
    throw noFiles(url);
  },
  removeFile: async (url) => {
    throw noFiles(url);
  },
  decode,
  store: new IndexedDbStore(),
  cores: () => globalThis.navigator?.hardwareConcurrency || 1,

  startPeer(listener) {
    if (GECKO) return startByPage(listener);
    const peer = new Worker(globalThis.location.href, { type: "module", name: "tabgrad peer" });
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
};

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

async function decode(image: WireImage): Promise<Pixels> {
  if ("data" in image) return image;
  const bitmap = image instanceof Blob ? await open(image) : image;
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) {
      throw new TabgradError(
        "tooLarge",
        `The picture is ${width}x${height}, expected at most ${MAX_PIXELS} pixels.`,
      );
    }
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context)
      throw new TabgradError("unsupported", "This browser offers no canvas in workers; hand over ImageData.");
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } catch (error) {
    if (error instanceof TabgradError) throw error;
    throw new TabgradError("data", `The picture's pixels cannot be read: ${messageOf(error)}.`);
  } finally {
    bitmap.close();
  }
}

async function open(blob: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob);
  } catch {
    const kind = blob.type || "a file of unknown type";
    throw new TabgradError(
      "format",
      `The picture (${kind}, ${blob.size} bytes) cannot be read; expected for example PNG, JPEG or WebP.`,
    );
  }
}

function noFiles(url: string): TabgradError {
  return new TabgradError(
    "unsupported",
    `${url}: a page cannot reach files. Use indexeddb://NAME, or export() and a download.`,
  );
}
