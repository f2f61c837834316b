/** What differs between a browser's worker and Node's. */
import type { RecordsPlace, WireImage } from "../protocol.js";
import type { OpenSource } from "./bytes/source.js";
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
  /** The same as they come. */
  readParts(url: string, signal?: AbortSignal, onProgress?: OnProgress): AsyncIterable<Uint8Array>;
  /** The bytes of one of the engine's files, while everything waits. */
  readNow(url: string): Uint8Array;
  /** Writes a file whole or not at all. */
  writeFile(url: string, bytes: Uint8Array, overwrite: boolean): Promise<void>;
  removeFile(url: string): Promise<void>;
  /** The pixels of a picture. */
  decode(image: WireImage): Promise<Pixels>;
  /** Opens a file of records; it is closed by whoever reads it. */
  openRecords(place: RecordsPlace): Promise<OpenSource>;
  /** Models by name. */
  store: Store;
  /** Cores that the machine offers. */
  cores(): number;
  /** Starts a worker of the same file as this one. */
  startPeer(listener: PeerListener): PeerHandle;
}
