/** What the page's side and the worker that reads files say to each other. */
import type { DataReport, ExportSpec, ImportOptions, PartFolders } from "./generated/tabgrad_data.js";
import type { RecordsPlace, WireSound } from "./protocol.js";
import type { DatasetPart, FilesOptions, Sample, StoredDataset } from "./types/dataset.js";
import type { WeightsReport } from "./types/specs.js";
import type { ToWorker } from "./wire.js";

export type { ImportOptions };

/** A file, wherever its bytes are, by its path; or a folder, by its address in Node. */
export interface WireSource {
  path: string;
  /** In bytes; missing where that is not known. */
  size?: number;
  /** When it was changed last, to know it again. */
  modified?: number;
  from: { blob: Blob } | { url: string } | { stream: ReadableStream<Uint8Array> };
}

/** How files become samples, as the program said it. */
export type WireFilesOptions = Omit<FilesOptions, "name" | "overwrite" | "signal" | "onProgress">;

/** What an import came to: where its records are, and whether they are few enough for memory. */
export interface Imported {
  place: RecordsPlace;
  inMemory: boolean;
}

/** What the worker asks of the page's side: to read a sound in a format that only a page can read. */
export interface SoundRequest {
  sound: ArrayBuffer;
  /** Samples a second to be decoded to. */
  rate: number;
}

/** The answer: the sound, why it cannot be read, or nothing where no sounds are read. */
export type SoundAnswer = WireSound | string | undefined;

/** A model of another system as a file of this one. */
export interface ImportedModel {
  file: Uint8Array;
  notes: string[];
}

/** Every call that the worker answers. */
export interface DataMethods {
  importFiles(params: {
    sources: WireSource[];
    options: WireFilesOptions;
    name?: string;
    overwrite: boolean;
  }): Imported;
  /** The samples of a sound; if the page has to read it, so many a second. */
  readSound(params: { blob: Blob; rate?: number | undefined }): WireSound;
  /** `shapes` are those of a sample of each input, for files that do not say them. */
  importModel(params: { sources: WireSource[]; shapes: number[][] }): ImportedModel;
  /** A model, given as a file of this package, for another system. */
  exportModel(params: { file: Uint8Array; spec: ExportSpec }): Uint8Array;
  /**
   * Weights alone that fit a model, given as a file of this package. `layers` and `modules` of a state dict belong
   * together; with `strict` nothing but all of them will do.
   */
  readWeights(params: {
    file: Uint8Array;
    weights: Uint8Array;
    layers: string[];
    modules: string[];
    strict: boolean;
  }): { report: WeightsReport; weights: { name: string; data: Float32Array; shape: number[] }[] };
  listDatasets(params: Record<string, never>): StoredDataset[];
  findDataset(params: { name: string }): Imported;
  removeDataset(params: { name: string }): void;
  renameDataset(params: { name: string; to: string }): void;
  /** Begins to look at samples of these classes, with boxes of these; the number under which they are added. */
  beginExamination(params: { classNames: string[]; boxClassNames?: string[] }): number;
  addToExamination(params: { id: number; samples: Sample[]; part?: DatasetPart }): void;
  /** What was found, or nothing if it is given up. */
  endExamination(params: { id: number; keep: boolean }): DataReport | undefined;
  /** Begins a zip archive; the number under which samples are added to it. */
  beginExport(params: { parts: PartFolders }): number;
  addToExport(params: {
    id: number;
    samples: { sample: Sample; folder: string; part: DatasetPart | undefined }[];
  }): void;
  /** Adds rows of a part to its table: the cells row after row, and numbers for the last column, where it has some. */
  addRowsToExport(params: {
    id: number;
    part: DatasetPart | undefined;
    names: string[];
    cells: string[];
    numbers: Float32Array | undefined;
  }): void;
  /** The archive, or nothing if it is given up; boxes are of these classes. */
  endExport(params: { id: number; keep: boolean; boxClassNames?: string[] }): Blob | undefined;
}

/** What the worker is told first. */
export interface DataStart {
  /** Where its WebAssembly is. */
  wasm: string;
  /** In Node, the folder of named datasets. */
  folder: string | undefined;
}

export type ToDataWorker = ToWorker<DataStart>;
