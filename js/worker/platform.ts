/** What differs between a browser's worker and Node's. */
import type { RecordsPlace, WireImage } from "../protocol.js";
import type { OpenSource } from "./bytes/source.js";
import type { Rest } from "./rest.js";
import type { RunStore } from "./store/runs.js";
import type { Store } from "./store/store.js";
import type { PeerHandle, PeerListener } from "./team/team.js";

/** How far a reading is. */
export type OnProgress = (done: number, total: number) => void;

/** RGBA bytes. */
export interface Pixels {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
}

/** The place that a worker runs in. */
export interface WorkerPlatform {
  /** The bytes at an address. */
  read(url: string, signal?: AbortSignal, onProgress?: OnProgress): Promise<Uint8Array>;
  /** The bytes of one of the engine's files, while everything waits. */
  readNow(url: string): Uint8Array;
  /** The pixels of a picture. */
  decode(image: WireImage): Promise<Pixels>;
  /** Cores that the machine offers. */
  cores(): number;
  /** What a first prediction does without; where it is a file of its own, it is this one. */
  loadRest(url: string): Promise<Rest>;
}

/** What only the rest of the worker needs of the place. */
export interface RestPlatform {
  /** The bytes at an address as they come. */
  readParts(url: string, signal?: AbortSignal, onProgress?: OnProgress): AsyncIterable<Uint8Array>;
  /** Writes a file whole or not at all. */
  writeFile(url: string, bytes: Uint8Array, overwrite: boolean): Promise<void>;
  removeFile(url: string): Promise<void>;
  /** Opens a file of records; it is closed by whoever reads it. */
  openRecords(place: RecordsPlace): Promise<OpenSource>;
  /** Models by name. */
  store: Store;
  /** Runs by name. */
  runs: RunStore;
  /** Runs in files, by their addresses. */
  runFiles: RunStore;
  /** Starts a worker of the same file as this one. */
  startPeer(listener: PeerListener): PeerHandle;
}
