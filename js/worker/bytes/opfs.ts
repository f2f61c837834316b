/** Files in the origin private file system. */
import { TabgradError } from "../../errors.js";
import { blobSource } from "./blob.js";
import { bytesError, type OpenSink, type OpenSource } from "./source.js";

/** The folder that holds one for each dataset. */
const FOLDER = "tabgrad-datasets";
/** The file of records in each. */
export const RECORDS = "records";

/** What all browsers that have it have, and those that can share a file. */
interface FileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(options?: { mode: string }): Promise<FileSystemSyncAccessHandle>;
}

/** The folder of all datasets; an error of code `storage` where there is no such file system. */
export async function datasetsFolder(): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch (error) {
    throw bytesError("Opening the origin private file system", error);
  }
}

/** Opens a dataset's records for reading; those of a temporary one are removed when they are closed. */
export async function openOpfs(name: string, temporary: boolean): Promise<OpenSource> {
  const datasets = await datasetsFolder();
  const release = await inUse(name);
  const remove = () => {
    release();
    if (temporary) void datasets.removeEntry(name, { recursive: true }).catch(() => {});
  };
  try {
    const folder = await datasets.getDirectoryHandle(name);
    const file = (await folder.getFileHandle(RECORDS)) as FileHandle;
    const source = await readable(file);
    return { ...source, length: source.length, close: once(source.close, remove) };
  } catch (error) {
    release();
    throw bytesError("Opening a dataset's records", error);
  }
}

/** By a handle of its own; where another tab has one that it does not share, by slices. */
async function readable(file: FileHandle): Promise<OpenSource> {
  let handle: FileSystemSyncAccessHandle;
  try {
    handle = await file.createSyncAccessHandle({ mode: "read-only" });
  } catch {
    return blobSource(await file.getFile());
  }
  return new OpfsFile(handle).reading();
}

/** Opens a file for writing. */
export async function writable(folder: FileSystemDirectoryHandle, name: string): Promise<OpenSink> {
  const file = (await folder.getFileHandle(name, { create: true })) as FileHandle;
  return new OpfsFile(await file.createSyncAccessHandle());
}

/** A file by its handle. */
class OpfsFile implements OpenSink {
  #handle: FileSystemSyncAccessHandle;
  #length: number;
  #closed = false;

  constructor(handle: FileSystemSyncAccessHandle) {
    this.#handle = handle;
    this.#length = handle.getSize();
  }

  get length(): number {
    return this.#length;
  }

  /** As plain functions. */
  reading(): OpenSource {
    return {
      length: this.#length,
      readAt: (offset, into) => this.readAt(offset, into),
      close: () => this.close(),
    };
  }

  readAt(offset: number, into: Uint8Array): void {
    try {
      const count = this.#handle.read(into, { at: offset });
      if (count !== into.length) throw new Error(`found ${count} bytes`);
    } catch (error) {
      throw bytesError(`Reading ${into.length} bytes at ${offset}`, error);
    }
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    try {
      const count = this.#handle.write(bytes, { at: offset });
      if (count !== bytes.length) {
        throw new TabgradError("quota", `Writing ${bytes.length} bytes failed: ${count} were taken.`);
      }
      this.#length = Math.max(this.#length, offset + count);
    } catch (error) {
      throw bytesError(`Writing ${bytes.length} bytes`, error);
    }
  }

  truncate(length: number): void {
    try {
      this.#handle.truncate(length);
      this.#length = length;
    } catch (error) {
      throw bytesError("Cutting off a file", error);
    }
  }

  flush(): void {
    try {
      this.#handle.flush();
    } catch (error) {
      throw bytesError("Writing a file", error);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle.close();
  }
}

/** Says to all tabs that a dataset's folder is in use, until the answer is called. */
export async function inUse(name: string): Promise<() => void> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return () => {};
  let release = () => {};
  await new Promise<void>((held, failed) => {
    locks
      .request(lockOf(name), { mode: "shared" }, () => {
        held();
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      })
      .catch(failed);
  }).catch(() => {});
  return release;
}

/** Removes what nobody uses any more: temporary datasets of tabs that are gone. */
export async function removeUnused(name: string): Promise<void> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return;
  const datasets = await datasetsFolder();
  await locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
    if (lock) await datasets.removeEntry(name, { recursive: true }).catch(() => {});
  });
}

function lockOf(name: string): string {
  return `tabgrad dataset ${name}`;
}

function once(...actions: (() => void)[]): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    for (const action of actions) action();
  };
}
