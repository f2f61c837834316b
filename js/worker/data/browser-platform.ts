/** A browser's worker that reads files. */
import { messageOf, TabgradError } from "../../errors.js";
import { blobSource } from "../bytes/blob.js";
import { datasetsFolder, inUse, RECORDS, removeUnused, writable } from "../bytes/opfs.js";
import { bytesError } from "../bytes/source.js";
import { fetchBytes } from "../fetching.js";
import { decode } from "../pictures.js";
import { memoryStore } from "./memory-store.js";
import type { DataPlatform, DatasetStore, Info, Slot } from "./platform.js";

/** Begins the names of folders whose dataset nobody named. */
const TEMPORARY = "temporary-";
const INFO = "info.json";
/** What is written first: where the other is not whole, this is. */
const NEXT = "info.next.json";

let store: Promise<DatasetStore> | undefined;

/** A browser's worker that reads files. */
export const browser: DataPlatform = {
  readWasm: (url) => fetchBytes(url),
  store() {
    store ??= openStore();
    return store;
  },
  openBlob: async (blob) => blobSource(blob),
  list: () => undefined,
  openListed: (url) => {
    throw new TabgradError("unsupported", `${url}: a page cannot reach files.`);
  },
  async scratch() {
    if ((await this.store()).storage !== "opfs") return undefined;
    const datasets = await datasetsFolder();
    const name = newName(TEMPORARY);
    const release = await inUse(name);
    const folder = await datasets.getDirectoryHandle(name, { create: true });
    const sink = await writable(folder, RECORDS);
    const close = sink.close.bind(sink);
    return Object.assign(sink, {
      close() {
        close();
        release();
        void datasets.removeEntry(name, { recursive: true }).catch(() => {});
      },
      // The file stays for as long as this worker holds its lock; the next tab removes it then.
      async toBlob() {
        close();
        return (await folder.getFileHandle(RECORDS)).getFile();
      },
    });
  },
  decode,
};

/** The origin private file system, or memory where it is missing or refused. */
async function openStore(): Promise<DatasetStore> {
  try {
    const datasets = await datasetsFolder();
    const probe = newName(TEMPORARY);
    const sink = await writable(await datasets.getDirectoryHandle(probe, { create: true }), RECORDS);
    sink.close();
    await datasets.removeEntry(probe, { recursive: true });
    await removeLeftOver(datasets);
    return opfsStore(datasets);
  } catch {
    return memoryStore;
  }
}

/** What tabs left behind that are gone. */
async function removeLeftOver(datasets: FileSystemDirectoryHandle): Promise<void> {
  for await (const name of (datasets as unknown as { keys(): AsyncIterable<string> }).keys()) {
    if (name.startsWith(TEMPORARY)) await removeUnused(name);
  }
}

function opfsStore(datasets: FileSystemDirectoryHandle): DatasetStore {
  const folderOf = (slot: Slot) => datasets.getDirectoryHandle(slot.folder, { create: true });
  const releases = new Map<string, () => void>();
  return {
    storage: "opfs",

    async list() {
      const slots: Slot[] = [];
      for await (const folder of (datasets as unknown as { keys(): AsyncIterable<string> }).keys()) {
        if (folder.startsWith(TEMPORARY)) continue;
        slots.push({ folder, info: await readInfo(await datasets.getDirectoryHandle(folder)) });
      }
      return slots;
    },

    async create(temporary) {
      const folder = newName(temporary ? TEMPORARY : "dataset-");
      // Held for as long as this worker lives: other tabs see by it that somebody uses the folder.
      if (temporary) releases.set(folder, await inUse(folder));
      return { folder, info: undefined };
    },

    async open(slot) {
      try {
        return await writable(await folderOf(slot), RECORDS);
      } catch (error) {
        if (error instanceof DOMException && error.name === "NoModificationAllowedError") {
          const name = slot.info?.name ?? slot.folder;
          throw new TabgradError("storage", `The dataset "${name}" is in use, here or in another tab.`);
        }
        throw bytesError("Opening a dataset's records", error);
      }
    },

    async describe(slot, info) {
      try {
        const folder = await folderOf(slot);
        const bytes = new TextEncoder().encode(JSON.stringify(info));
        for (const name of [NEXT, INFO]) await write(folder, name, bytes);
      } catch (error) {
        throw bytesError(`Writing about the dataset "${info.name}"`, error);
      }
    },

    async remove({ folder, info }) {
      releases.get(folder)?.();
      releases.delete(folder);
      try {
        await datasets.removeEntry(folder, { recursive: true });
      } catch (error) {
        const name = info?.name ?? folder;
        throw new TabgradError(
          "storage",
          `The dataset "${name}" cannot be removed; it may be in use, here or in another tab (${messageOf(error)}).`,
        );
      }
    },

    place: ({ folder }, _sink, temporary) => ({ kind: "opfs", folder, temporary }),
  };
}

async function write(folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array): Promise<void> {
  const sink = await writable(folder, name);
  try {
    sink.truncate(0);
    sink.writeAt(0, bytes);
    sink.flush();
  } finally {
    sink.close();
  }
}

async function readInfo(folder: FileSystemDirectoryHandle): Promise<Info | undefined> {
  for (const name of [INFO, NEXT]) {
    try {
      const file = await (await folder.getFileHandle(name)).getFile();
      return JSON.parse(await file.text()) as Info;
    } catch {
      // It was being written when its tab ended.
    }
  }
  return undefined;
}

function newName(beginning: string): string {
  const random = crypto.getRandomValues(new Uint32Array(3));
  return beginning + Array.from(random, (word) => word.toString(36)).join("");
}
