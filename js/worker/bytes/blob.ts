/** Files that a page was given, read in a browser's worker. */
import { release } from "./release.js";
import { bytesError, type OpenSource } from "./source.js";

/**
 * Bytes that are read at a time where somebody reads on from where he was. Each slice takes a way to another process
 * and back: 157 MB took 1.6 s in slices of 256 KB, half of that in slices of this size.
 */
const AHEAD = 2 ** 20;

/** Bytes of a file, from a place on. */
interface Block {
  begin: number;
  bytes: Uint8Array;
}

const nothing = (): Block => ({ begin: 0, bytes: new Uint8Array() });

/**
 * A file or blob; a slice is read at a time. Of who reads on, the next slice comes while he does something with this
 * one, provided that messages have their turn meanwhile.
 */
export function blobSource(blob: Blob): OpenSource {
  const reader = new FileReaderSync();
  let block = nothing();
  /** Where reading goes on if nobody jumps. */
  let next = -1;
  /** What came ahead, and whether something is on its way. */
  let ahead = nothing();
  let coming = false;

  const sizeAt = (place: number) => Math.min(AHEAD, blob.size - place);

  const take = (bytes: ArrayBuffer, begin: number, size: number): Block => {
    if (bytes.byteLength !== size) throw new Error(`found ${bytes.byteLength} bytes`);
    return { begin, bytes: new Uint8Array(bytes) };
  };

  const readAhead = async (begin: number) => {
    const size = sizeAt(begin);
    if (coming || size === 0) return;
    coming = true;
    try {
      const came = take(await blob.slice(begin, begin + size).arrayBuffer(), begin, size);
      release(ahead.bytes);
      ahead = came;
    } catch {
      // Whoever reads it finds out himself.
    }
    coming = false;
  };

  /** Has the bytes from a place on in `block`, so many at least. */
  const read = (begin: number, size: number, onward: boolean) => {
    release(block.bytes);
    block = nothing();
    if (onward && ahead.begin === begin && ahead.bytes.length >= size) {
      [block, ahead] = [ahead, nothing()];
    } else {
      const all = onward ? Math.max(size, sizeAt(begin)) : size;
      block = take(reader.readAsArrayBuffer(blob.slice(begin, begin + all)), begin, all);
    }
    if (onward) void readAhead(begin + block.bytes.length);
  };

  return {
    length: blob.size,
    readAt(offset, into) {
      try {
        const place = offset - block.begin;
        const known = place >= 0 ? Math.max(Math.min(block.bytes.length - place, into.length), 0) : 0;
        if (known > 0) into.set(block.bytes.subarray(place, place + known));
        const missing = into.length - known;
        if (missing > 0) {
          read(offset + known, missing, offset === next);
          into.set(block.bytes.subarray(0, missing), known);
        }
        next = offset + into.length;
      } catch (error) {
        throw bytesError(`Reading ${into.length} bytes at ${offset} of a file`, error);
      }
    },
    close() {
      for (const { bytes } of [block, ahead]) release(bytes);
      [block, ahead] = [nothing(), nothing()];
    },
  };
}
