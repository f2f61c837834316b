/** Files that a page was given, read in a browser's worker. */
import { release } from "./release.js";
import { bytesError, type OpenSource } from "./source.js";

/**
 * Bytes that are read at a time where somebody reads on from where he was. A slice takes a way to another process
 * and back: at 256 KB each, 157 MB took 1.6 s, at this size half of it, at four times this size 0.65 s.
 */
const AHEAD = 2 ** 20;

/** A file or blob; a slice is read at a time. */
export function blobSource(blob: Blob): OpenSource {
  const reader = new FileReaderSync();
  // What was read last, and where.
  let block = new Uint8Array();
  let begin = 0;
  let next = -1;

  const read = (offset: number, length: number) => {
    const bytes = reader.readAsArrayBuffer(blob.slice(offset, offset + length));
    if (bytes.byteLength !== length) throw new Error(`found ${bytes.byteLength} bytes`);
    return new Uint8Array(bytes);
  };

  return {
    length: blob.size,
    readAt(offset, into) {
      try {
        const place = offset - begin;
        const known = place >= 0 ? Math.max(Math.min(block.length - place, into.length), 0) : 0;
        if (known > 0) into.set(block.subarray(place, place + known));
        const [from, missing] = [offset + known, into.length - known];
        if (missing > 0) {
          const length = offset === next ? Math.max(missing, Math.min(AHEAD, blob.size - from)) : missing;
          const bytes = read(from, length);
          release(block);
          [block, begin] = [bytes, from];
          into.set(block.subarray(0, missing), known);
        }
        next = offset + into.length;
      } catch (error) {
        throw bytesError(`Reading ${into.length} bytes at ${offset} of a file`, error);
      }
    },
    close() {
      release(block);
      block = new Uint8Array();
    },
  };
}
