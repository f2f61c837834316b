/** Datasets from files: images by the folder they are in, or a pair of IDX files. */
import { messageOf, TabgradError, throwIfAborted } from "../errors.js";
import {
  DatasetBuilder,
  prepareImage,
  readIdxDataset,
  type Dataset as WasmDataset,
} from "../generated/tabgrad.js";
import type { WireFiles, WireFilesOptions } from "../protocol.js";
import type { SkippedFile } from "../types/dataset.js";
import { gunzipped } from "./gzip.js";
import type { Pixels, WorkerPlatform } from "./platform.js";
import type { Context } from "./serve.js";
import type { Session } from "./session.js";
import type { OpenArchive, Source } from "./source.js";
import { breathe, breathless } from "./yielding.js";

/** Pixels a side of a sample whose size nobody chose. */
const MAX_DEFAULT_SIDE = 512;
/** Bytes that one file may have. */
const MAX_FILE_BYTES = 2 ** 28;

/** What was read, and what was not. */
export interface ReadResult {
  dataset: WasmDataset;
  skipped: SkippedFile[];
}

/** Reads a folder or an archive. */
export async function readFiles(
  { platform, zipUrl }: Session,
  files: WireFiles,
  options: WireFilesOptions,
  context: Context,
): Promise<ReadResult> {
  if ("files" in files) return readSources(platform, files.files.map(looseFile), options, context);
  const openArchive = await archiveReader(zipUrl);
  const { sources, close } = await openArchive(files.archive);
  try {
    return await readSources(platform, sources, options, context);
  } finally {
    await close();
  }
}

async function archiveReader(url: string): Promise<OpenArchive> {
  try {
    const reader = (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as {
      openArchive: OpenArchive;
    };
    return reader.openArchive;
  } catch (error) {
    throw new TabgradError(
      "network",
      `The reader of archives, ${url}, cannot be loaded (${messageOf(error)}).`,
    );
  }
}

function looseFile({ path, file }: { path: string; file: Blob }): Source {
  return { path, size: file.size, read: async () => new Uint8Array(await file.arrayBuffer()) };
}

async function readSources(
  platform: WorkerPlatform,
  all: readonly Source[],
  options: WireFilesOptions,
  context: Context,
): Promise<ReadResult> {
  // Files that systems leave in folders are nobody's data.
  const sources = all.filter(
    ({ path }) => !path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX"),
  );
  if (sources.length === 0)
    throw new TabgradError("data", "Found no files, expected images in folders named after their classes.");
  const idx = sources.filter(({ path }) => /[.-]idx\d?(-ubyte)?(\.gz(ip)?)?$/i.test(path));
  if (idx.length > 0) return { dataset: await readIdxPair(idx, options, context), skipped: [] };
  return new ImageReading(platform, options, context).read(sources);
}

/** Images and labels tell themselves apart by their number of dimensions. */
async function readIdxPair(
  sources: readonly Source[],
  options: WireFilesOptions,
  { signal }: Context,
): Promise<WasmDataset> {
  const names = sources.map(({ path }) => path).join(", ");
  if (sources.length > 2) {
    throw new TabgradError(
      "argument",
      `Found ${sources.length} IDX files (${names}), expected images and their labels.`,
    );
  }
  const unpacked = [];
  for (const source of sources) unpacked.push(await gunzipped(await source.read(signal), signal));
  const [labels, images] = unpacked.toSorted((a, b) => (a[3] ?? 0) - (b[3] ?? 0));
  if (!labels || !images)
    return readIdxDataset(unpacked[0] as Uint8Array, undefined, options.classNames, options.preprocessing);
  return readIdxDataset(images, labels, options.classNames, options.preprocessing);
}

/** Images that become samples one after the other. */
class ImageReading {
  #platform: WorkerPlatform;
  #options: WireFilesOptions;
  #context: Context;
  /** Of a sample; the first image decides where the program did not. */
  #shape: Uint32Array | undefined;
  #samples: Uint8Array[] = [];
  #folders: string[] = [];
  #bytes = 0;
  #skipped: SkippedFile[] = [];

  constructor(platform: WorkerPlatform, options: WireFilesOptions, context: Context) {
    this.#platform = platform;
    this.#options = options;
    this.#context = context;
  }

  async read(sources: readonly Source[]): Promise<ReadResult> {
    for (const [index, source] of sources.entries()) {
      throwIfAborted(this.#context.signal);
      await this.#add(source);
      if (breathless()) {
        this.#context.emit({ done: index + 1, total: sources.length });
        await breathe();
      }
    }
    this.#context.emit({ done: sources.length, total: sources.length });
    return { dataset: this.#finish(), skipped: this.#skipped };
  }

  async #add(source: Source): Promise<void> {
    try {
      const folder = source.path.split("/").at(-2);
      if (!folder) throw new TabgradError("data", "It is in no folder, whose name would be its class.");
      if (source.size > MAX_FILE_BYTES) {
        throw new TabgradError(
          "tooLarge",
          `It has ${source.size} bytes, expected at most ${MAX_FILE_BYTES}.`,
        );
      }
      const bytes = await source.read(this.#context.signal);
      const pixels = await this.#platform.decode(
        new Blob([bytes as Uint8Array<ArrayBuffer>], { type: typeOf(source.path) }),
      );
      this.#shape ??= sampleShape(pixels, this.#options);
      const { preprocessing } = this.#options;
      const rgba = pixels.data as Uint8Array;
      const { data: sample } = prepareImage(preprocessing, this.#shape, rgba, pixels.width, pixels.height);
      this.#bytes += sample.byteLength;
      this.#samples.push(sample);
      this.#folders.push(folder);
    } catch (error) {
      // A trap is no matter of this file.
      if (error instanceof WebAssembly.RuntimeError) throw error;
      throwIfAborted(this.#context.signal);
      this.#skipped.push({ path: source.path, reason: messageOf(error) });
    }
    if (this.#bytes > this.#options.maxBytes) {
      throw new TabgradError(
        "tooLarge",
        `The images take more than ${this.#options.maxBytes} bytes; choose a smaller size, or allow more by maxBytes.`,
      );
    }
  }

  #finish(): WasmDataset {
    if (!this.#shape || this.#samples.length === 0) {
      const [first] = this.#skipped;
      throw new TabgradError(
        "data",
        `None of the ${this.#skipped.length} files could be read as an image; ${first?.path}: ${first?.reason}`,
      );
    }
    const classNames =
      this.#options.classNames ?? [...new Set(this.#folders)].sort((a, b) => collator.compare(a, b));
    const numbers = new Map(classNames.map((name, index) => [name, index]));
    const pixels = new Uint8Array(this.#bytes);
    const labels = new Uint32Array(this.#samples.length);
    let position = 0;
    for (const [index, sample] of this.#samples.entries()) {
      pixels.set(sample, position);
      position += sample.byteLength;
      const folder = this.#folders[index] as string;
      const label = numbers.get(folder);
      if (label === undefined) {
        throw new TabgradError(
          "data",
          `The folder "${folder}" is none of the class names ${classNames.join(", ")}.`,
        );
      }
      labels[index] = label;
    }
    const builder = new DatasetBuilder();
    builder.addBytes(pixels, this.#shape);
    builder.setClasses(labels);
    builder.setClassNames(classNames);
    if (this.#options.preprocessing) builder.setPreprocessing(this.#options.preprocessing);
    return builder.build();
  }
}

/** "2" before "10". Without a language, so that classes have the same numbers everywhere. */
const collator = new Intl.Collator("en", { numeric: true });

/** What the program chose, what its image steps give, or what the first image is like. */
function sampleShape(pixels: Pixels, { size, channels, preprocessing }: WireFilesOptions): Uint32Array {
  const shrink = Math.min(1, MAX_DEFAULT_SIDE / Math.max(pixels.width, pixels.height));
  let [height, width] = [pixels.height, pixels.width].map((side) => Math.max(1, Math.round(side * shrink)));
  let gray = isGray(pixels);
  for (const step of preprocessing?.image ?? []) {
    if (step.type === "grayscale") gray = true;
    if (step.type === "centerOfMass") height = width = step.size ?? 28;
    if (step.type === "resize") [height, width] = [step.height, step.width];
  }
  if (size) [height, width] = size;
  return Uint32Array.of(height as number, width as number, channels ?? (gray ? 1 : 3));
}

function isGray({ data }: Pixels): boolean {
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  }
  return true;
}

/** Some kinds, such as SVG, cannot be told from the bytes. */
function typeOf(path: string): string {
  const ending = path.split(".").at(-1)?.toLowerCase() ?? "";
  const types: { [ending: string]: string } = {
    png: "image/png",
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    webp: "image/webp",
    gif: "image/gif",
    bmp: "image/bmp",
    avif: "image/avif",
  };
  return types[ending] ?? "";
}
