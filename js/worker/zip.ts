/**
 * Lists what a zip archive holds, within bounds, without workers of its own. A file of its own in the
 * package, loaded when the first archive is opened.
 */
import {
  BlobReader,
  type FileEntry,
  Uint8ArrayWriter,
  ZipReader,
} from "@zip.js/zip.js/lib/zip-core-custom.js";
import { messageOf, TabgradError } from "../errors.js";
import type { OpenArchive, Source } from "./source.js";

/** Entries that an archive may list. */
const MAX_ENTRIES = 1_000_000;
/** How many times larger than packed a file may be: deflate cannot do better than about 1,030. */
const MAX_RATIO = 1100;

/** The files of an archive; `close` ends reading. */
export const openArchive: OpenArchive = async (archive) => {
  const reader = new ZipReader(new BlobReader(archive), { useWebWorkers: false });
  const sources: Source[] = [];
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (entry.directory) continue;
      sources.push(sourceOf(entry));
      if (sources.length > MAX_ENTRIES) {
        throw new TabgradError(
          "tooLarge",
          `The archive lists more than ${MAX_ENTRIES} files; unpack it and hand over a part.`,
        );
      }
    }
  } catch (error) {
    await reader.close();
    if (error instanceof TabgradError) throw error;
    throw new TabgradError(
      "format",
      `The archive cannot be read; expected a zip file (${messageOf(error)}).`,
    );
  }
  return { sources, close: () => reader.close() };
};

function sourceOf(entry: FileEntry): Source {
  const { filename, uncompressedSize, compressedSize } = entry;
  return {
    path: filename,
    size: uncompressedSize,
    async read(signal) {
      if (uncompressedSize > (compressedSize + 16) * MAX_RATIO) {
        throw new TabgradError(
          "tooLarge",
          `It claims to unpack from ${compressedSize} to ${uncompressedSize} bytes.`,
        );
      }
      return entry.getData(new Uint8ArrayWriter(), { signal, useWebWorkers: false, checkSignature: true });
    },
  };
}
