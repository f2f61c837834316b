/** Ways to make a dataset. */
import { call, newId } from "../engine.js";
import { TabgradError } from "../errors.js";
import type { DatasetParts, WireBytes, WireFiles, WireFilesOptions } from "../protocol.js";
import type {
  ArraysOptions,
  BytesSource,
  Dataset,
  DatasetOptions,
  FilesOptions,
  IdxOptions,
  PathFile,
} from "../types/dataset.js";
import { absolute } from "../urls.js";
import { toWireArray, toWireTargets } from "./arrays.js";
import { DatasetHandle, make } from "./dataset.js";
import { reading } from "./reading.js";

const DEFAULT_MAX_BYTES = 2 ** 30;

/** A dataset from arrays. Does not wait; what is wrong with them is said by the first call that uses it. */
export function fromArrays(options: ArraysOptions): Dataset {
  const { x, y, shape } = options;
  const input = toWireArray(shape && ArrayBuffer.isView(x) ? { data: x, shape } : x, "x");
  const dimensions = input.shape ?? shape;
  if (!dimensions) {
    throw new TabgradError(
      "argument",
      "fromArrays: shape is missing; a typed array needs one, with the samples first.",
    );
  }
  const [length = 0, ...sampleShape] = dimensions;
  const parts: DatasetParts = { inputs: [{ data: input.data, shape: sampleShape }], ...described(options) };
  const transfer = [input.data.buffer as ArrayBuffer];
  if (y !== undefined) {
    parts.targets = toWireTargets(y, length);
    transfer.push((parts.targets.classes ?? parts.targets.dense?.data)?.buffer as ArrayBuffer);
  }
  const id = newId();
  const expected = {
    length,
    shape: sampleShape,
    classNames: options.classNames ?? namesOf(parts.targets?.classes),
    bytes: input.data.byteLength,
    preprocessing: options.preprocessing ?? { image: [], numeric: [] },
    skipped: [],
  };
  return new DatasetHandle(id, call("createDataset", { id, parts }, { transfer }), expected);
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
 * A dataset from images, the class of each being the folder that it is in: the files of a folder (as
 * from `<input webkitdirectory>`), or a zip archive. Files that cannot be read are left out and listed
 * in `Dataset.skipped`.
 */
export function fromFiles(
  files: Iterable<File | PathFile> | Blob,
  options: FilesOptions = {},
): Promise<Dataset> {
  const source: WireFiles = files instanceof Blob ? { archive: files } : { files: [...files].map(withPath) };
  const wire: WireFilesOptions = { maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES, ...described(options) };
  if (options.size) wire.size = options.size;
  if (options.channels) wire.channels = options.channels;
  return make((id) => call("readFiles", { id, files: source, options: wire }, reading(options)));
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

function withPath(item: File | PathFile): { path: string; file: Blob } {
  return "path" in item ? item : { path: item.webkitRelativePath || item.name, file: item };
}

function namesOf(classes: Uint32Array | undefined): string[] {
  const count = classes?.reduce((most, label) => Math.max(most, label + 1), 0) ?? 0;
  // More names than samples come from a label that is out of range; the worker says so.
  return Array.from({ length: Math.min(count, classes?.length ?? 0) }, (_, index) => String(index));
}
