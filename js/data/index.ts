/** Ways to make a dataset. */
import { call, newId } from "../engine.js";
import { TabgradError } from "../errors.js";
import { later } from "../later.js";
import type { DatasetParts, WireBytes } from "../protocol.js";
import type {
  ArraysOptions,
  BytesSource,
  Dataset,
  DatasetOptions,
  FileSource,
  FilesOptions,
  IdxOptions,
  StoredDataset,
  TextOptions,
} from "../types/dataset.js";
import { absolute } from "../urls.js";
import {
  isNested,
  isShaped,
  isTypedArray,
  targetBuffers,
  toWireAnswers,
  toWireArray,
  toWireWeights,
} from "./arrays.js";
import { DatasetHandle, make } from "./dataset.js";
import { reading } from "./reading.js";

/** A dataset from arrays. Does not wait; what is wrong with them is said by the first call that uses it. */
export function fromArrays(options: ArraysOptions): Dataset {
  const { y, sampleWeight } = options;
  const { inputs, names, length } = toInputs(options);
  const parts: DatasetParts = { inputs, ...(names ? { inputNames: names } : {}), ...described(options) };
  const transfer = inputs.map(({ data }) => data.buffer as ArrayBuffer);
  if (y !== undefined) {
    const answers = toWireAnswers(y, length);
    parts.targets = answers.targets;
    if (answers.names) parts.outputNames = answers.names;
    transfer.push(...targetBuffers(answers));
  }
  if (sampleWeight !== undefined) {
    parts.sampleWeight = toWireWeights(sampleWeight, length);
    transfer.push(parts.sampleWeight.buffer as ArrayBuffer);
  }
  const id = newId();
  const expected = {
    length,
    shape: inputs[0]?.shape ?? [],
    classNames: options.classNames ?? namesOf(parts.targets?.[0]?.classes),
    bytes: inputs.reduce((bytes, { data }) => bytes + data.byteLength, 0),
    preprocessing: options.preprocessing ?? { image: [], numeric: [] },
    storage: "memory" as const,
    report: { unreadable: [] },
  };
  return new DatasetHandle(id, call("createDataset", { id, parts }, { transfer }), expected);
}

/** The inputs, with the shape of one sample each; of several the names, where they have some. */
function toInputs({ x, shape }: ArraysOptions) {
  const one = isTypedArray(x) || isShaped(x) || isNested(x);
  const given = one ? { x: shape && ArrayBuffer.isView(x) ? { data: x, shape } : x } : x;
  let length = 0;
  const inputs = Object.entries(given).map(([name, input], position) => {
    const array = toWireArray(input, one ? "x" : Array.isArray(x) ? `x[${name}]` : `x.${name}`);
    const dimensions = array.shape ?? (one ? shape : undefined);
    if (!dimensions) {
      throw new TabgradError(
        "argument",
        "fromArrays: shape is missing; a typed array needs one, with the samples first.",
      );
    }
    const [samples = 0, ...sampleShape] = dimensions;
    if (position === 0) length = samples;
    return { data: array.data, shape: sampleShape };
  });
  return { inputs, length, names: one || Array.isArray(x) ? undefined : Object.keys(x) };
}

/** A dataset from IDX files, the format that MNIST comes in; gzipped or not. */
export function fromIdx(options: IdxOptions): Promise<Dataset> {
  const images = toWireBytes(options.images);
  const labels = options.labels === undefined ? undefined : toWireBytes(options.labels);
  return make((id) =>
    call("readIdx", { id, images, ...(labels ? { labels } : {}), ...described(options) }, reading(options)),
  );
}

/**
 * A dataset from whatever files there are: images, recordings or texts in folders by class (or by train, val, test and
 * class), tables (CSV, TSV, JSON lines, JSON arrays, Parquet), arrays (IDX, NPY, NPZ, CIFAR), gzipped or not,
 * archives of all these (zip, tar, tar.gz). Beside images, a table says their classes, and COCO JSON, Pascal
 * VOC XML or YOLO txt files say what is to be seen where (`Dataset.boxes`). Files that cannot be read are left
 * out and listed in `Dataset.report`; if none is good, it rejects with code `format`.
 * Samples that are many stay in a file and are read as they are needed. With a `name` the dataset is kept,
 * and an import that was interrupted goes on if it is called again with the same files and name.
 */
export async function fromFiles(files: FileSource, options: FilesOptions = {}): Promise<Dataset> {
  // A page may empty its list of chosen files right after.
  const chosen = globalThis.FileList && files instanceof FileList ? [...files] : files;
  return (await later()).importFiles(chosen, options);
}

/**
 * Samples of what comes next in a text, for a language model: windows of `length` characters (or other tokens),
 * each with those one further on as its targets. Give the held-out part of a text the vocabulary of the other:
 * `fromText(rest, { ...train.preprocessing.text })`.
 */
export async function fromText(source: string | BytesSource, options: TextOptions = {}): Promise<Dataset> {
  return (await later()).textDataset(source, options);
}

/** The datasets that are kept here, also those whose import was interrupted. */
export async function list(): Promise<StoredDataset[]> {
  return (await later()).listDatasets();
}

/** Opens a dataset that is kept. */
export async function open(name: string): Promise<Dataset> {
  return (await later()).openDataset(name);
}

/** Deletes a dataset that is kept and not in use. */
export async function remove(name: string): Promise<void> {
  return (await later()).removeDataset(name);
}

/** Gives a dataset that is kept another name. */
export async function rename(name: string, to: string): Promise<void> {
  return (await later()).renameDataset(name, to);
}

/** Where bytes come from, for the worker. */
export function toWireBytes(source: BytesSource): WireBytes {
  if (source instanceof Blob) return { blob: source };
  if (source instanceof Uint8Array) return { bytes: source };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source) };
  if (typeof source === "string" || source instanceof URL) return { url: absolute(source) };
  throw new TabgradError("argument", "Expected a Blob, a File, bytes or an address.");
}

function described({ classNames, preprocessing }: DatasetOptions): DatasetOptions {
  return { ...(classNames ? { classNames } : {}), ...(preprocessing ? { preprocessing } : {}) };
}

function namesOf(classes: Uint32Array | undefined): string[] {
  const count = classes?.reduce((most, label) => Math.max(most, label + 1), 0) ?? 0;
  // More names than samples come from a label that is out of range; the worker says so.
  return Array.from({ length: Math.min(count, classes?.length ?? 0) }, (_, index) => String(index));
}
