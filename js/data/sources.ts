/** Turns whatever holds files into what the worker reads. */
import { absolute, TabgradError } from "../core.js";
import type { WireSource } from "../data-protocol.js";
import type { FileItem, FileSource, PathFile } from "../types/dataset.js";

/** Files with what of them moves to the worker. */
export interface WireSources {
  sources: WireSource[];
  transfer: Transferable[];
}

/** All files, in the order in which they came. */
export async function toWireSources(source: FileSource): Promise<WireSources> {
  const found: WireSources = { sources: [], transfer: [] };
  await collect(source, found);
  return found;
}

async function collect(source: FileSource, found: WireSources): Promise<void> {
  if (source instanceof ReadableStream) return addStream(source, found);
  if (isDirectory(source)) return addDirectory(source, `${source.name}/`, found);
  if (isFileItem(source)) return addItem(source, found);
  if (typeof source === "object" && source !== null && Symbol.asyncIterator in source) {
    const items = source[Symbol.asyncIterator]();
    const first = await items.next();
    if (first.value instanceof Uint8Array) {
      return addStream(streamOf(first.value, items as AsyncIterator<Uint8Array>), found);
    }
    for (let item = first; !item.done; item = await items.next())
      await collect(item.value as FileItem, found);
    return;
  }
  if (typeof source === "object" && source !== null && Symbol.iterator in source) {
    for (const item of source) await collect(item, found);
    return;
  }
  throw new TabgradError(
    "argument",
    "files: expected files, a Blob, a stream, an address, or several of them.",
  );
}

function isFileItem(value: unknown): value is FileItem {
  const path = typeof value === "object" && value !== null && "path" in value && "file" in value;
  const bytes = value instanceof ArrayBuffer || value instanceof Uint8Array;
  return path || bytes || value instanceof Blob || value instanceof URL || typeof value === "string";
}

function addItem(item: FileItem, { sources }: WireSources): void {
  if (typeof item === "string" || item instanceof URL) {
    const url = absolute(item);
    const path = decodeURIComponent(new URL(url).pathname.split("/").findLast((part) => part !== "") ?? url);
    sources.push({ path, from: { url } });
    return;
  }
  if (item instanceof ArrayBuffer || item instanceof Uint8Array) {
    const blob = new Blob([item as Uint8Array<ArrayBuffer>]);
    sources.push({ path: "data", size: blob.size, from: { blob } });
    return;
  }
  const { path, file } = item instanceof Blob ? { path: pathOf(item), file: item } : (item as PathFile);
  const modified = "lastModified" in file ? { modified: file.lastModified as number } : {};
  sources.push({ path, size: file.size, ...modified, from: { blob: file } });
}

function pathOf(blob: Blob): string {
  const { webkitRelativePath, name } = blob as Partial<File>;
  return webkitRelativePath || name || "data";
}

function addStream(stream: ReadableStream<Uint8Array>, { sources, transfer }: WireSources): void {
  sources.push({ path: "data", from: { stream } });
  transfer.push(stream as unknown as Transferable);
}

/** What of a folder's handle is used; not every list of types has it. */
interface Directory {
  kind: "directory";
  name: string;
  values(): AsyncIterable<Directory | { kind: "file"; name: string; getFile(): Promise<File> }>;
}

function isDirectory(value: unknown): value is Directory {
  return typeof value === "object" && (value as Partial<Directory> | null)?.kind === "directory";
}

async function addDirectory(folder: Directory, path: string, found: WireSources): Promise<void> {
  for await (const entry of folder.values()) {
    if (entry.kind === "directory") await addDirectory(entry, `${path}${entry.name}/`, found);
    else addItem({ path: path + entry.name, file: await entry.getFile() }, found);
  }
}

/** Chunks as a stream. */
function streamOf(first: Uint8Array, rest: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      const next = begun ? await rest.next() : { done: false, value: first };
      begun = true;
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await rest.return?.();
    },
  });
}
