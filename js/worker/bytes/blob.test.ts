import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { blobSource } from "./blob.js";

declare global {
  /** Tests are checked with the globals of a page, which has none. */
  class FileReaderSync {
    readAsArrayBuffer(blob: Blob): ArrayBuffer;
  }
}

const MEGABYTE = 2 ** 20;

/** Slices that were read. */
let slices: [number, number][] = [];

/** A file whose bytes tell their place, as far as this module asks. */
function file(size: number): Blob {
  const slice = (begin: number, end: number) => ({ begin, end: Math.min(end, size) });
  return { size, slice } as unknown as Blob;
}

/** What all files begin with: bytes that tell their place. */
const content = Uint8Array.from({ length: 4 * MEGABYTE }, (_, at) => at * 7 + (at >> 8) + (at >> 16));

beforeAll(() => {
  vi.stubGlobal(
    "FileReaderSync",
    class {
      readAsArrayBuffer({ begin, end }: { begin: number; end: number }): ArrayBuffer {
        slices.push([begin, end]);
        return content.slice(begin, end).buffer;
      }
    },
  );
});

afterAll(() => vi.unstubAllGlobals());

function expectBytes(source: ReturnType<typeof blobSource>, offset: number, length: number): void {
  const into = new Uint8Array(length);
  source.readAt(offset, into);
  const same = Buffer.compare(into, content.subarray(offset, offset + length)) === 0;
  expect(same, `${length} bytes at ${offset}`).toBe(true);
}

test("who reads on gets what was read ahead", () => {
  slices = [];
  const size = 3 * MEGABYTE + 123;
  const source = blobSource(file(size));
  expect(source.length).toBe(size);
  for (let offset = 0; offset < size; offset += 100_000) {
    expectBytes(source, offset, Math.min(100_000, size - offset));
  }
  expect(slices.length).toBeLessThan(6);
  // Nothing twice.
  expect(slices.reduce((sum, [begin, end]) => sum + end - begin, 0)).toBe(size);
  source.close();
});

test("any place can be read, and after closing too", () => {
  const size = 2 * MEGABYTE + 77;
  const source = blobSource(file(size));
  let state = 1;
  const draw = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let next = 0;
  for (let k = 0; k < 300; k += 1) {
    // Mostly on from where one was, sometimes a little before, sometimes anywhere.
    const offset = [next, next, Math.max(next - draw(500), 0), draw(size)][draw(4)] as number;
    const length = Math.min(1 + draw(k % 10 === 0 ? 2 * MEGABYTE : 3000), size - offset);
    if (length <= 0) continue;
    expectBytes(source, offset, length);
    next = (offset + length) % size;
    if (k % 100 === 99) source.close();
  }
});

test("a file that has become shorter is an error with the place", () => {
  const source = blobSource({ ...file(100), size: 200 } as Blob);
  expect(() => source.readAt(90, new Uint8Array(20))).toThrow(/20 bytes at 90 .*found 10 bytes/);
});
