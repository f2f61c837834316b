/** Files that a page was given, read in a browser's worker. */
import { bytesError, type OpenSource } from "./source.js";

/** A file or blob; a slice is read at a time. */
export function blobSource(blob: Blob): OpenSource {
  const reader = new FileReaderSync();
  return {
    length: blob.size,
    readAt(offset, into) {
      try {
        const bytes = reader.readAsArrayBuffer(blob.slice(offset, offset + into.length));
        if (bytes.byteLength !== into.length) throw new Error(`found ${bytes.byteLength} bytes`);
        into.set(new Uint8Array(bytes));
      } catch (error) {
        throw bytesError(`Reading ${into.length} bytes at ${offset} of a file`, error);
      }
    },
    close: () => {},
  };
}
