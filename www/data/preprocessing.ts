import type { Preprocessing } from "tabgrad";

/**
 * Drawings become samples as MNIST's digits did: the ink's box scaled to 20 pixels, its centre of
 * mass in the middle of 28; pixels are normalised by the mean and deviation of MNIST's training set.
 */
export const digits: Preprocessing = {
  image: [
    { type: "grayscale" },
    { type: "invertIfDarkOnLight" },
    { type: "centerOfMass", box: 20, size: 28 },
  ],
  numeric: [
    { type: "scale", factor: 1 / 255 },
    { type: "normalize", mean: [0.1307], std: [0.3081] },
  ],
};

/** Any picture, in the size of those that were recorded. */
export const pictures = (side: number): Preprocessing => ({
  image: [{ type: "resize", height: side, width: side }],
  numeric: [],
});

/** The size of MNIST's digits, which is what `digits` makes. */
const SIZE = 28;

/** Digits like MNIST's are prepared as the Draw place prepares drawings. */
export async function preprocessingFor(idx: Blob): Promise<{ preprocessing?: Preprocessing }> {
  return (await holdsDigits(idx)) ? { preprocessing: digits } : {};
}

/** Whether an IDX file, gzipped or not, holds images of the size of MNIST's digits. */
async function holdsDigits(idx: Blob): Promise<boolean> {
  const head = await start(idx);
  if (head.byteLength < 16) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  return view.getUint8(3) === 3 && view.getUint32(8) === SIZE && view.getUint32(12) === SIZE;
}

/** The first bytes of a file, unpacked; none if they cannot be. */
async function start(file: Blob): Promise<Uint8Array> {
  const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  if (head[0] !== 0x1f || head[1] !== 0x8b) return head;
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    return (await reader.read()).value ?? new Uint8Array();
  } catch {
    // Not gzip after all: reading the file will say so.
    return new Uint8Array();
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
