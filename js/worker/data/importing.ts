/** An import from its first file to its end. */
import type { Imported, ImportOptions, WireFilesOptions, WireSource } from "../../data-protocol.js";
import { messageOf, TabgradError, throwIfAborted, toWire } from "../../errors.js";
import { collect } from "../../garbage.js";
import { Import } from "../../generated/tabgrad_data.js";
import type { OpenSink, OpenSource } from "../bytes/source.js";
import type { Context } from "../serve.js";
import { breathe, breathless } from "../yielding.js";
import { type Kept, keptIn, retire } from "./kept.js";
import type { DataPlatform, DatasetStore, Info, ListedFile, Slot } from "./platform.js";
import { decodedSound } from "./sounds.js";
import { spooled } from "./spool.js";

/** Records up to this size are in memory while they are used. */
export const MOST_IN_MEMORY = 2 ** 26;
/** Files up to this size are read whole, some ahead. */
const SMALL = 2 ** 25;
/** Samples a second that the browser decodes sounds to where nothing else was chosen. */
const SOUND_RATE = 16_000;
/** Files that are read ahead, and their bytes. */
const AHEAD = 32;
const AHEAD_BYTES = 2 ** 26;
/** Bytes of small files after which garbage is collected, and what of the browser's own memory reading one leaves. */
const COLLECTED = 2 ** 24;
const LEFT_BEHIND = 2 ** 12;

/** A file with what opens it. */
interface Input {
  path: string;
  size: number;
  modified: number;
  /** All its bytes, if it is small. */
  bytes?(): Promise<Uint8Array>;
  open(): Promise<OpenSource>;
}

/** What an import is told. */
export interface ImportRequest {
  sources: readonly WireSource[];
  options: WireFilesOptions;
  name?: string;
  overwrite: boolean;
}

/** Imports files into a new dataset, or goes on with one of this name that was interrupted. */
export async function importFiles(
  platform: DataPlatform,
  request: ImportRequest,
  context: Context,
): Promise<Imported> {
  const store = await platform.store();
  const { name, overwrite } = request;
  if (name !== undefined && store.storage === "memory") {
    throw new TabgradError(
      "storage",
      `The dataset "${name}" cannot be kept: this browser offers no private file system here. Import it without a name.`,
    );
  }
  const inputs = await inputsOf(platform, request.sources, context);
  const options = plainOptions(request.options);
  const source = fingerprint(inputs, options);
  const { whole, begun }: Kept = (name !== undefined && (await keptIn(store)).get(name)) || {};
  if (whole && !overwrite) {
    if (whole.info.source === source) return imported(store, whole, false, whole.info.bytes);
    throw new TabgradError(
      "argument",
      `There is a dataset "${name}" of other files or options; choose another name, or overwrite.`,
    );
  }
  const slot = begun ?? (await store.create(name === undefined));
  const info: Info = {
    name: name ?? "",
    created: Date.now(),
    complete: false,
    samples: 0,
    bytes: 0,
    shape: [],
    classNames: [],
    storage: store.storage,
    source,
    ...(whole ? { replaces: whole.folder } : {}),
  };
  if (name !== undefined) await store.describe(slot, info);
  const run = new Run(platform, options, source, inputs, context);
  let sink: OpenSink | undefined;
  try {
    sink = await store.open(slot);
    const summary = await run.into(sink);
    const place = store.place(slot, sink, name === undefined);
    sink.close();
    if (name !== undefined) {
      const { samples, bytes, shape, classNames } = summary;
      // With this the name is the new one's, whoever still reads the old one.
      await store.describe(slot, { ...info, complete: true, samples, bytes, shape, classNames });
      if (whole) await retire(store, whole);
    }
    return { place, inMemory: summary.bytes <= MOST_IN_MEMORY };
  } catch (error) {
    sink?.close();
    // What was interrupted can be gone on with; what has no good file cannot.
    const { code } = toWire(error);
    const goesOnLater = ["aborted", "quota", "storage", "network", "internal"].includes(code);
    if (name === undefined || !goesOnLater) await store.remove(slot).catch(() => {});
    throw error;
  }
}

/** The options without those that are undefined; no target is not one that nobody chose. */
function plainOptions({ target, ...options }: WireFilesOptions): ImportOptions {
  const targeted = target === null ? { untargeted: true } : { target };
  return JSON.parse(JSON.stringify({ ...options, ...targeted }));
}

/** A dataset as its user gets it. */
export function imported(store: DatasetStore, slot: Slot, temporary: boolean, bytes: number): Imported {
  const place = store.place(slot, undefined, temporary);
  return { place, inMemory: bytes <= MOST_IN_MEMORY };
}

/** What is imported and how, to know an interrupted import again. */
function fingerprint(inputs: readonly Input[], options: ImportOptions): string {
  let hash = 0x811c9dc5;
  const add = (text: string) => {
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  };
  let bytes = 0;
  for (const { path, size, modified } of inputs) {
    bytes += size;
    add(`${path}\n${size}\n${modified}\n`);
  }
  add(JSON.stringify(options));
  return `${inputs.length} files, ${bytes} bytes, ${hash.toString(16)}`;
}

async function inputsOf(
  platform: DataPlatform,
  sources: readonly WireSource[],
  context: Context,
): Promise<Input[]> {
  const inputs: Input[] = [];
  for (const { path, size = 0, modified = 0, from } of sources) {
    if ("blob" in from) {
      const { blob } = from;
      const bytes = async () => new Uint8Array(await blob.arrayBuffer());
      const small = blob.size <= SMALL ? { bytes } : {};
      inputs.push({ path, size, modified, ...small, open: () => platform.openBlob(blob) });
    } else if ("stream" in from) {
      const { stream } = from;
      const open = () => spooled(stream, () => platform.scratch(), context.signal);
      inputs.push({ path, size, modified, open });
    } else {
      const files = await platform.list(from.url);
      if (files) inputs.push(...files.map((file) => listedInput(platform, file)));
      else inputs.push({ path, size, modified, open: () => fetched(platform, from.url, context) });
    }
  }
  // Files that systems leave in folders are nobody's data.
  return inputs.filter(
    ({ path }) => !path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX"),
  );
}

function listedInput(platform: DataPlatform, { path, size, modified, url }: ListedFile): Input {
  return { path, size, modified, open: async () => platform.openListed(url) };
}

/** Fetches a file; once more if the connection breaks. */
async function fetched(platform: DataPlatform, url: string, context: Context): Promise<OpenSource> {
  try {
    return await fetchedOnce(platform, url, context);
  } catch (error) {
    if (error instanceof TabgradError && error.code === "network" && error.cause)
      return fetchedOnce(platform, url, context);
    throw error;
  }
}

/** Fetches a file. The error of a connection that broke has a cause; that of a status which is no success has none. */
async function fetchedOnce(
  platform: DataPlatform,
  url: string,
  { signal, emit }: Context,
): Promise<OpenSource> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body) {
      throw new TabgradError("network", `${url} was answered with status ${response.status}.`);
    }
    const total = Number(response.headers.get("content-length") ?? 0);
    const onProgress = (done: number) => emit({ done, total: done > total ? 0 : total, unit: "bytes" });
    return await spooled(response.body, () => platform.scratch(), signal, onProgress);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof TabgradError) throw error;
    throw new TabgradError("network", `${url} cannot be fetched: ${messageOf(error)}.`, { cause: error });
  }
}

/** The files of an import on their way. */
class Run {
  #platform: DataPlatform;
  #options: ImportOptions;
  #source: string;
  #inputs: readonly Input[];
  #context: Context;
  /** Bytes of files that are done, and of all. */
  #done = 0;
  #total: number;
  #ahead = new Map<number, Promise<Uint8Array>>();
  #aheadBytes = 0;
  #uncollected = 0;

  constructor(
    platform: DataPlatform,
    options: ImportOptions,
    source: string,
    inputs: readonly Input[],
    context: Context,
  ) {
    this.#platform = platform;
    this.#options = options;
    this.#source = source;
    this.#inputs = inputs;
    this.#context = context;
    this.#total = inputs.reduce((sum, { size }) => sum + size, 0);
  }

  async into(sink: OpenSink) {
    const files = new Import(this.#options, this.#source, sink);
    try {
      for (const [index, input] of this.#inputs.entries()) {
        await this.#read(files, index, input);
        this.#done += input.size;
        await this.#rest(this.#done);
      }
      files.close();
      while (!files.advance()) await this.#restAtEnd(files);
    } catch (error) {
      // A trap leaves nothing that could be freed.
      if (!(error instanceof WebAssembly.RuntimeError)) files.free();
      throw error;
    }
    const summary = files.finish();
    this.#context.emit({ done: this.#total, total: this.#total, unit: "bytes" });
    return summary;
  }

  async #read(files: Import, index: number, input: Input): Promise<void> {
    if (files.skip(input.path)) return;
    let bytes: Uint8Array | undefined;
    let source: OpenSource | undefined;
    try {
      this.#readAhead(index);
      bytes = await this.#taken(index);
      source = bytes ? undefined : await input.open();
    } catch (error) {
      throwIfAborted(this.#context.signal);
      const { code } = toWire(error);
      if (code === "quota" || code === "network" || code === "notFound") throw error;
      files.fail(input.path, error);
      return;
    }
    // What has to stay until the end, and is too much for memory, is read where it is.
    if (bytes && !files.add(input.path, bytes)) source = await input.open();
    if (source) files.open(input.path, source);
    await this.#foreign(files);
    while (!files.advance()) {
      await this.#foreign(files);
      await this.#restIn(files, input.size);
    }
    await this.#foreign(files);
  }

  /** Begins to read the next small files. */
  #readAhead(index: number): void {
    for (let next = index; next < index + AHEAD && next < this.#inputs.length; next += 1) {
      const input = this.#inputs[next];
      if (!input?.bytes || this.#ahead.has(next)) continue;
      if (next > index && this.#aheadBytes + input.size > AHEAD_BYTES) return;
      this.#aheadBytes += input.size;
      const bytes = input.bytes();
      // Said when it is this file's turn.
      bytes.catch(() => {});
      this.#ahead.set(next, bytes);
    }
  }

  async #taken(index: number): Promise<Uint8Array | undefined> {
    const bytes = this.#ahead.get(index);
    if (!bytes) return undefined;
    const size = this.#inputs[index]?.size ?? 0;
    this.#ahead.delete(index);
    this.#aheadBytes -= size;
    this.#uncollected += size + LEFT_BEHIND;
    if (this.#uncollected > COLLECTED) {
      this.#uncollected = 0;
      collect();
    }
    return bytes;
  }

  /** Has the browser read a picture or a sound that Rust does not. */
  async #foreign(files: Import): Promise<void> {
    const foreign = files.takeForeign();
    if (!foreign) return;
    try {
      const bytes = foreign.bytes() as Uint8Array<ArrayBuffer>;
      if (foreign.isSound) {
        const { preprocessing, audio } = this.#options;
        const wanted = preprocessing?.audio?.sampleRate ?? audio?.sampleRate ?? SOUND_RATE;
        const { samples, channels, rate } = await decodedSound(bytes.buffer, wanted, this.#context);
        files.addSound(foreign, samples, channels, rate);
        return;
      }
      const type = bytes[0] === 0x3c ? { type: "image/svg+xml" } : {};
      const { data, width, height } = await this.#platform.decode(new Blob([bytes], type));
      files.addPixels(foreign, new Uint8Array(data.buffer, data.byteOffset, data.length), width, height);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      files.failForeign(foreign, error);
    } finally {
      foreign.free();
    }
  }

  /** While a file of this size is read that holds others. */
  async #restIn(files: Import, size: number): Promise<void> {
    if (!breathless()) return;
    const [done = 0, total = 1] = files.progress();
    await this.#rest(this.#done + (size * done) / Math.max(total, 1));
  }

  /** While what all files hold is written. */
  async #restAtEnd(files: Import): Promise<void> {
    if (!breathless()) return;
    const [done = 0, total = 1] = files.progress();
    await this.#say({ done, total, unit: files.countsBytes ? "bytes" : "samples" });
  }

  async #rest(done: number): Promise<void> {
    if (breathless()) await this.#say({ done, total: this.#total, unit: "bytes" });
  }

  async #say(event: { done: number; total: number; unit: "bytes" | "samples" }): Promise<void> {
    this.#context.emit(event);
    await breathe();
    throwIfAborted(this.#context.signal);
  }
}
