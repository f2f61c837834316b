/** Datasets: samples that live in the worker. */
import type { Augmentation, Preprocessing } from "./specs.js";
import type { NestedArray, Targets, Tensor, TypedArray } from "./tensors.js";

/** One sample, to look at. `data` holds bytes (0 to 255) or numbers as they were given. */
export interface Sample {
  data: Uint8Array | Float32Array;
  /** Without the batch dimension. */
  shape: number[];
  /** The class number, or undefined where there are no classes. */
  label: number | undefined;
}

/** How `Dataset.split` cuts. */
export interface SplitOptions {
  /** The share of the second part, between 0 and 1. */
  fraction: number;
  /** Default 0. */
  seed?: number;
  /** Keep the share of each class; default true where there are classes. */
  stratified?: boolean;
}

/** What `Dataset.subset` changes. */
export interface SubsetOptions {
  /** The class number of each of these samples, instead of its own. */
  labels?: ArrayLike<number>;
}

/** In which run `Dataset.augmented` looks at samples. */
export interface AugmentedOptions {
  /** Of the run; default 0. */
  seed?: number;
  /** From 0, which is the default. */
  epoch?: number;
}

/** A file that could not be used, and why. */
export interface SkippedFile {
  path: string;
  reason: string;
}

/** Samples with their targets, kept as they are in the worker. */
export interface Dataset {
  /** Stored with every model that is trained on it. */
  readonly preprocessing: Preprocessing;
  readonly length: number;
  /** Of one sample. */
  readonly shape: readonly number[];
  /** Empty where there are no classes. */
  readonly classNames: readonly string[];
  /** Memory in the worker. */
  readonly bytes: number;
  /** Files that were left out when it was read. */
  readonly skipped: readonly SkippedFile[];
  /** Samples of each class, in the order of `classNames`. */
  counts(): Promise<number[]>;
  sample(index: number): Promise<Sample>;
  samples(indices: ArrayLike<number>): Promise<Sample[]>;
  /** Class number of every sample. */
  labels(): Promise<Uint32Array>;
  /** A new dataset of these samples, in this order. */
  subset(indices: ArrayLike<number>, options?: SubsetOptions): Promise<Dataset>;
  /** Two new datasets: the rest, and the share of `fraction`. */
  split(options: SplitOptions): Promise<[Dataset, Dataset]>;
  /** Which samples `split` puts into each of the two. */
  splitIndices(options: SplitOptions): Promise<[Uint32Array, Uint32Array]>;
  /**
   * These images as a run with this augmentation sees them: exactly so where none are mixed; mixup and
   * cutmix take these images for a shard of a batch.
   */
  augmented(
    indices: ArrayLike<number>,
    augmentation: Augmentation,
    options?: AugmentedOptions,
  ): Promise<Sample[]>;
  /**
   * A new dataset of the same images after the image steps of this preprocessing, which new models
   * then take over: so that they learn from images prepared as those that they will see.
   */
  prepare(preprocessing: Preprocessing, options?: ReadOptions): Promise<Dataset>;
  /** A new dataset with the samples of both. */
  concat(other: Dataset): Promise<Dataset>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** What every way to make a dataset takes. */
export interface DatasetOptions {
  /** Names of the classes; default their numbers, or the names of the folders. */
  classNames?: string[];
  /** Stored with every model that is trained on it. Default: bytes are scaled to 0..1. */
  preprocessing?: Preprocessing;
}

/** Arrays that become a dataset. */
export interface ArraysOptions extends DatasetOptions {
  x: TypedArray | NestedArray;
  /** With the batch dimension. Not needed with nested arrays. */
  shape?: number[];
  /** Class numbers (one a sample), or an array of numbers a sample. */
  y?: Targets;
}

/** Something that holds the bytes of a file. */
export type BytesSource = Blob | ArrayBuffer | Uint8Array | string | URL;

/** What long readings report. */
export interface ReadOptions {
  signal?: AbortSignal;
  /** Files (or bytes, for one file) read so far, of how many. */
  onProgress?(done: number, total: number): void;
}

/** IDX files, as MNIST comes in; gzipped or not. Strings and URLs are fetched (Node: also files). */
export interface IdxOptions extends DatasetOptions, ReadOptions {
  images: BytesSource;
  labels?: BytesSource;
}

/** How pictures become samples. */
export interface FilesOptions extends DatasetOptions, ReadOptions {
  /** Size of the samples; default that of the first image, at most 512 pixels a side. */
  size?: [height: number, width: number];
  /** Channels of the samples: 1 (grey) or 3 (colour). Default: 1 if every image is grey. */
  channels?: 1 | 3;
  /** Bytes that the archive or the samples may unpack to; default 1 GiB. */
  maxBytes?: number;
}

/** A file with the path that says its class, where `File.webkitRelativePath` does not. */
export interface PathFile {
  path: string;
  file: Blob;
}

export type { Tensor };
