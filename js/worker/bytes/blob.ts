/** Files that a page was given, read in a browser's worker. */
import { collect } from "../../garbage.js";
import { bytesError, type OpenSource } from "./source.js";

/**
 * Bytes that are read at a time where somebody reads on from where he was. Each slice takes a way to another process
 * and back: 157 MB took 1.6 s in slices of 256 KB, half of that in slices of this size.
 */
const AHEAD = 2 ** 20;

/**
 * Bytes after which garbage is collected: what was read stays in memory until then, twice, and giving buffers back
 * makes that worse, since the browser's own copies of them are counted by nobody.
 */
const COLLECTED = 2 ** 25;

/** A file or blob; a slice is read at a time. */
export function blobSource(blob: Blob): OpenSource {
  const reader = new FileReaderSync();
  // What was read last, and where.
  let block = new Uint8Array();
  let begin = 0;
  /** Where reading goes on if nobody jumps. */
  let next = -1;
  let uncollected = 0;

  const read = (from: number, size: number) => {
    const bytes = reader.readAsArrayBuffer(blob.slice(from, from + size));
    if (bytes.byteLength !== size) throw new Error(`found ${bytes.byteLength} bytes`);
    block = new Uint8Array(bytes);
    begin = from;
    uncollected += size;
    if (uncollected < COLLECTED) return;
    uncollected = 0;
    collect();
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
          read(from, offset === next ? Math.max(missing, Math.min(AHEAD, blob.size - from)) : missing);
          into.set(block.subarray(0, missing), known);
        }
        next = offset + into.length;
      } catch (error) {
        throw bytesError(`Reading ${into.length} bytes at ${offset} of a file`, error);
      }
    },
    close() {
      block = new Uint8Array();
    },
  };
}
