/** What differs between a browser's worker that reads files and Node's. */
import type { RecordsPlace } from "../../protocol.js";
import type { DatasetStorage, StoredDataset } from "../../types/dataset.js";
import type { OpenSink, OpenSource, ScratchFile } from "../bytes/source.js";
import type { Pixels } from "../platform.js";

/** What is kept of a dataset beside its records. */
export interface Info extends StoredDataset {
  /** What it was made from, to know it again. */
  source: string;
  /** The folder of the dataset of the same name whose place it takes once it is complete. */
  replaces?: string;
  /** Another has its name: it stays as long as somebody uses it. */
  replaced?: boolean;
}

/** A dataset's place. */
export interface Slot {
  /** The name of its folder. */
  folder: string;
  /** Missing where there is none, or it cannot be read. */
  info: Info | undefined;
}

/** Where datasets are kept. */
export interface DatasetStore {
  readonly storage: DatasetStorage;
  /** The named ones, whole or interrupted. */
  list(): Promise<Slot[]>;
  /** A new place, of one that is removed when nobody uses it any more if it is temporary. */
  create(temporary: boolean): Promise<Slot>;
  /** Opens its records for writing; an error if somebody else does. */
  open(slot: Slot): Promise<OpenSink>;
  describe(slot: Slot, info: Info): Promise<void>;
  remove(slot: Slot): Promise<void>;
  /** Where its records are, once `sink` is whole. */
  place(slot: Slot, sink: OpenSink | undefined, temporary: boolean): RecordsPlace;
}

/** A file of a folder. */
export interface ListedFile {
  path: string;
  size: number;
  modified: number;
  url: string;
}

/** The place that a worker which reads files runs in. */
export interface DataPlatform {
  /** The bytes of this worker's own WebAssembly. */
  readWasm(url: string): Promise<Uint8Array>;
  /** Where datasets are kept; in memory where there is no other place. */
  store(): Promise<DatasetStore>;
  /** Random access to a blob. */
  openBlob(blob: Blob): Promise<OpenSource>;
  /** The file, or all files of the folder, at an address; undefined where addresses are fetched. */
  list(url: string): Promise<ListedFile[]> | undefined;
  /** A listed file. */
  openListed(url: string): OpenSource;
  /** A file for bytes that come one after the other, removed when it is closed; in memory if undefined. */
  scratch(): Promise<ScratchFile | undefined>;
  /** The pixels of a picture in a format that is not read in Rust. */
  decode(blob: Blob): Promise<Pixels>;
}
