/** Datasets: samples that live in the worker. */
import type {
  DataReport,
  GroupBy,
  SoundOptions,
  TableOptions,
  TableSummary,
  Task,
} from "../generated/tabgrad_data.js";
import type { ErrorCode } from "./errors.js";
import type { Augmentation, Preprocessing, TextSpec } from "./specs.js";
import type { NestedArray, ShapedArray, Targets, Tensor, TypedArray } from "./tensors.js";

/** A box in a picture: in pixels of the sample, from its upper left corner, and within it. */
export interface Box {
  /** The number of its class among `Dataset.boxClassNames`. */
  label: number;
  /** That class. */
  name: string;
  /** Its left edge; pixel 0 begins at 0 and ends at 1. */
  x: number;
  /** Its upper edge. */
  y: number;
  width: number;
  height: number;
}

/** One sample, to look at. `data` holds bytes (0 to 255) or numbers as they were given. */
export interface Sample {
  data: Uint8Array | Float32Array;
  /** Without the batch dimension. */
  shape: number[];
  /** The class number, or undefined where there are no classes. */
  label: number | undefined;
  /** Where the targets are numbers, this sample's, in row-major order. */
  target?: number[];
  /**
   * Of a table, the values that the numbers were made of, and texts as they were written. Numbers have six digits, or as
   * many more as it takes to become the same numbers again.
   */
  row?: { [column: string]: string | number | boolean | null };
  /** Of a text, what was written; missing where that is not known, as of arrays. */
  text?: string;
  /** Of a text, the tokens that the network sees; U+FFFD stands for unknown ones. */
  tokens?: string;
  /** Of a picture of a dataset with boxes, what is to be seen where. */
  boxes?: Box[];
}

/** How much of samples `Dataset.samples` gives. */
export interface SampleOptions {
  /** The most characters of each text; "…" stands at the end of one that was cut. Default all. */
  textLength?: number;
}

/** What `Dataset.export` takes. */
export interface ExportOptions extends ReadOptions {
  /** What each sample is given for, instead of what its files said of it. */
  parts?: readonly (DatasetPart | undefined)[];
  /**
   * Of texts, the columns of the table that they are written as: that of the texts, and that of what is to be answered.
   * Default: those of the table that they came from, as `report.table` has them.
   */
  columns?: { text?: string | undefined; target?: string | undefined };
}

/** How `Dataset.split` cuts. */
export interface SplitOptions {
  /** The share of the second part, between 0 and 1. */
  fraction: number;
  /** Default 0. */
  seed?: number;
  /** Keep the share of each class; default true where there are classes and no groups. */
  stratified?: boolean;
  /**
   * The group of each sample, any number, as `report.groups.of` has it: samples of a group stay together. The
   * share is as near to `fraction` as whole groups come.
   */
  groups?: ArrayLike<number>;
}

/** How `Dataset.folds` cuts. */
export interface FoldOptions {
  /** How many there are, at least 2. */
  folds: number;
  /** Default 0. */
  seed?: number;
  /** Divide each class evenly; default true where there are classes and no groups. */
  stratified?: boolean;
  /** The group of each sample, any number: samples of a group, such as one speaker's, stay together. */
  groups?: ArrayLike<number>;
}

/** What `Dataset.subset` changes. */
export interface SubsetOptions {
  /** The class number of each of these samples, instead of its own. */
  labels?: ArrayLike<number>;
  /**
   * The boxes of each of these samples, instead of its own: within the picture, in its pixels. `name` says the class;
   * one that is new comes behind those of `boxClassNames`.
   */
  boxes?: readonly (readonly Omit<Box, "label">[])[];
  /** Where `boxes` are given, the names of their classes by number, used or not; default those of the dataset. */
  boxClassNames?: readonly string[];
  /** How much each of these samples counts in a loss, instead of its own weight. */
  sampleWeight?: ArrayLike<number>;
}

/** In which run `Dataset.augmented` looks at samples. */
export interface AugmentedOptions {
  /** Of the run; default 0. */
  seed?: number;
  /** From 0, which is the default. */
  epoch?: number;
}

/** What `Dataset.examine` takes. */
export interface ExamineOptions extends ReadOptions {
  /** What is tested with: its samples are counted on behind the others, and leaks into it are found. */
  test?: Dataset;
}

/** A file that could not be used, and why. */
export interface UnreadableFile {
  /** Its path. */
  name: string;
  code: ErrorCode;
  /** What was found, and what was expected. */
  message: string;
}

/**
 * What was found when a dataset was read. Of pictures also what they are like: duplicates, leaks between
 * parts, outliers and the rest; samples are named by their numbers in the dataset.
 */
export interface DatasetReport extends Partial<Omit<DataReport, "unreadable">> {
  /** Files that were left out. */
  unreadable: readonly UnreadableFile[];
  /** Of tables: what the columns are used for, and rows that were left out. */
  table?: TableSummary;
}

/** What samples may be given for, by the folder that they are in. */
export type DatasetPart = "train" | "validation" | "test";

/** Where samples are: in memory, in the browser's origin private file system, or in a file (Node). */
export type DatasetStorage = "memory" | "opfs" | "file";

/** A dataset that is kept under a name. */
export interface StoredDataset {
  name: string;
  /** Milliseconds since 1970. */
  created: number;
  /** False if its import was interrupted; `fromFiles` with the same files and name goes on. */
  complete: boolean;
  samples: number;
  bytes: number;
  /** Of one sample. */
  shape: readonly number[];
  classNames: readonly string[];
  storage: DatasetStorage;
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
  /** Names of the classes of boxes, which annotations gave; undefined where there are no boxes. */
  readonly boxClassNames: readonly string[] | undefined;
  /** What samples and targets take, wherever they are. */
  readonly bytes: number;
  readonly storage: DatasetStorage;
  readonly report: DatasetReport;
  /**
   * Samples that were given for each part; undefined where neither folders nor annotations said it. They go along
   * with subsets and joins.
   */
  readonly parts: { readonly [part in DatasetPart]: number } | undefined;
  /** Samples of each class, in the order of `classNames`. */
  counts(): Promise<number[]>;
  sample(index: number, options?: SampleOptions): Promise<Sample>;
  samples(indices: ArrayLike<number>, options?: SampleOptions): Promise<Sample[]>;
  /** Class number of every sample. */
  labels(): Promise<Uint32Array>;
  /**
   * The boxes of these samples, or of all: what COCO JSON, Pascal VOC XML or YOLO txt files beside pictures
   * say, moved to where it is in the samples. Steps of a preprocessing move them, too: what sticks out is cut
   * off, and a box of which less than a tenth is left is dropped. No boxes where none are known.
   */
  boxes(indices?: ArrayLike<number>): Promise<Box[][]>;
  /** Where targets are numbers, those of all samples, `[samples, ...]`; undefined where they are classes or none. */
  targets(): Promise<Tensor | undefined>;
  /** How much each sample counts in a loss; undefined where that was not said. */
  sampleWeight(): Promise<Float32Array | undefined>;
  /** A new dataset of these samples, in this order. */
  subset(indices: ArrayLike<number>, options?: SubsetOptions): Promise<Dataset>;
  /** A new dataset of the samples that were given for a part. */
  part(part: DatasetPart): Promise<Dataset>;
  /** Which samples `part` takes, ascending. */
  partIndices(part: DatasetPart): Promise<Uint32Array>;
  /** Two new datasets: the rest, and the share of `fraction`. */
  split(options: SplitOptions): Promise<[Dataset, Dataset]>;
  /** Which samples `split` puts into each of the two. */
  splitIndices(options: SplitOptions): Promise<[Uint32Array, Uint32Array]>;
  /**
   * The samples of each of so many parts, for cross-validation: each is tested with once, while the others
   * are trained on.
   */
  folds(options: FoldOptions): Promise<Uint32Array[]>;
  /**
   * These images as a run with this augmentation sees them: exactly so where none are mixed; mixup and
   * cutmix take these images for a shard of a batch. Boxes move along, and are not mixed.
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
  /**
   * Looks at every sample: what is in it and what is wrong with it, as `report` has it of files that were
   * read. Samples of bytes with a height and a width are compared as pictures, others are the same or not. Where
   * there are boxes, `boxes` counts them by class and has samples without any, tiny boxes and boxes that are there
   * twice; those outside of their picture are none of a dataset's, and are counted when files are read.
   */
  examine(options?: ExamineOptions): Promise<DataReport>;
  /**
   * A zip archive. Rows of tables, and texts that were rows, are a CSV file for each part (`train.csv`), with what is to
   * be answered in its last column: what was no input is not kept, and what was missing is there as what stands for it.
   * Everything else has a folder for each class: images of bytes as PNG files, texts as they were written, other
   * samples as npy files. Where samples were given for parts, these are folders above those of the classes
   * (`train/cat`), or below (`cat/train`) if only some samples were. Boxes are in COCO JSON files beside them,
   * one for each part. `fromFiles` reads it again.
   */
  export(options?: ExportOptions): Promise<Blob>;
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
  /** For several inputs, one for each: by the names of the model's inputs, or in their order. */
  x: TypedArray | ShapedArray | NestedArray | ShapedArray[] | { [input: string]: ShapedArray | NestedArray };
  /** With the batch dimension. Not needed with nested arrays and those that have a shape. */
  shape?: number[];
  /**
   * Class numbers (one a sample), or an array of numbers a sample; of several outputs, the targets of each.
   * Class names, `labels`, `counts` and `targets` are those of the first.
   */
  y?: Targets;
  /**
   * How much each sample counts: what its loss and gradient are multiplied by in `fit`, `evaluate` and
   * `trainOnBatch`, as Keras's `sample_weight`. Numbers from 0 on: one for each sample or, where the model answers
   * at several positions, one for each position of each sample, sample after sample. The mean is still taken over the
   * number of samples (and positions), and metrics count all samples the same.
   */
  sampleWeight?: ArrayLike<number>;
}

/** Something that holds the bytes of a file. */
export type BytesSource = Blob | ArrayBuffer | Uint8Array | string | URL;

/** How far long work is. */
export interface ReadProgress {
  done: number;
  /** 0 where that is not known. */
  total: number;
  unit: "bytes" | "samples";
  /** A second, over the last few seconds; 0 at first. */
  rate: number;
  secondsLeft: number | undefined;
}

/** What long work reports. */
export interface ReadOptions {
  signal?: AbortSignal;
  onProgress?(progress: ReadProgress): void;
}

/**
 * How `fromText` cuts a text: any of the text pipeline's settings, by default characters as they are written, and
 * a vocabulary of those that occur.
 */
export interface TextOptions extends Partial<TextSpec> {
  /** Ids of a window; default 96. */
  length?: number;
  /** From the beginning of a window to that of the next; default `length`, so that none overlap. */
  stride?: number;
}

/** IDX files, as MNIST comes in; gzipped or not. Strings and URLs are fetched (Node: also files). */
export interface IdxOptions extends DatasetOptions, ReadOptions {
  images: BytesSource;
  labels?: BytesSource;
}

/** How files become samples. */
export interface FilesOptions extends DatasetOptions, ReadOptions {
  /** Size of images; default that of the first, at most 512 pixels a side. */
  size?: [height: number, width: number];
  /** Channels of images: 1 (grey) or 3 (colour). Default: as the first. */
  channels?: 1 | 3;
  /**
   * Of a table, the column that is to be answered; `null` for none. Default: one that is named so (label,
   * class, target, y, ...), else the last that is no free text and no date. `report.table` says which.
   */
  target?: string | null;
  /**
   * What the values of the target are. Default: names are classes, and so are numbers that are whole, at
   * most 20 different ones, and there twice each on average.
   */
  task?: Task;
  /**
   * Of a table, the columns that are inputs. Default: all but what numbers the rows. Of free text the words are
   * counted that occur at least five times, at most 500 of them.
   */
  columns?: string[];
  /** Of a table, columns that are no inputs. */
  ignore?: string[];
  /** Of a table, the column of texts that is the input, in place of all others. Default: the only one, if it is free text. */
  text?: string;
  /**
   * How recordings become samples of `[frames, bins, 1]`: rate, seconds, features and the like. They are
   * normalised by mean and deviation of each band over the training part. For what cannot be said here,
   * `preprocessing.audio` takes a whole specification.
   */
  audio?: SoundOptions;
  /**
   * What says which samples belong together, such as those of one patient or speaker: of a table a column (which
   * is then no input), of files a folder (`{ folder: 0 }` is the one that a file is in, 1 the one above), or a part
   * of their names (`{ namePart: 1 }` is `jackson` in `7_jackson_3.wav`). `report.groups.of` then has the group of
   * each sample, for `split` and `folds`; what has none is one by itself.
   */
  group?: GroupBy;
  /** How tables are read: header, delimiter, kinds of columns, words for missing values. */
  table?: TableOptions;
  /** Of CIFAR-100, the twenty coarse classes instead of the hundred fine ones. */
  coarse?: boolean;
  /** Keeps the dataset under this name, where that can be done (see `Dataset.storage`). */
  name?: string;
  /** Replaces a dataset of this name that is made of something else. */
  overwrite?: boolean;
}

/** A file with the path that says its class, where `File.webkitRelativePath` does not. */
export interface PathFile {
  path: string;
  file: Blob;
}

/** One file: its bytes, or its address (in Node also a path, also of a folder). */
export type FileItem = Blob | PathFile | ArrayBuffer | Uint8Array | string | URL;

/** Files: one, several, the bytes of one as they come, or a folder's handle. */
export type FileSource =
  | FileItem
  | Iterable<FileItem>
  | AsyncIterable<FileItem>
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | FileSystemDirectoryHandle;

export type { ColumnKind, Task } from "../generated/tabgrad_data.js";
export type { DataReport, GroupBy, SoundOptions, TableOptions, TableSummary, Tensor };
