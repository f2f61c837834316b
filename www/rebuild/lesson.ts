/** What an epoch learns from. */
import { type Dataset, data } from "tabgrad";
import type { Kind } from "./kinds";
import { mixed, withNoise } from "./noise";
import type { Shape } from "./pictures";

/** What pictures and targets of an epoch may take: a byte and four for each value. */
const MOST_BYTES = 96 * 2 ** 20;

/** Milliseconds of work after which the page gets a turn. */
const TURN = 8;

/** How many pictures an epoch can have. */
export function mostPictures(shape: Shape): number {
  return Math.floor(MOST_BYTES / (5 * shape[0] * shape[1] * shape[2]));
}

/** The strongest noise of lessons against it: what the slider goes to. */
const STRONGEST = 1;

/**
 * These pictures as inputs and, but for networks that learn from pictures alone, as targets. Against noise, each gets noise of a strength of its own from none to the
 * strongest, by the seed, so that one network serves all of them.
 */
export async function lesson(
  pictures: Uint8Array,
  { kind, shape, seed }: { kind: Kind; shape: Shape; seed: number },
): Promise<Dataset> {
  const size = shape[0] * shape[1] * shape[2];
  const length = pictures.length / size;
  const x = new Uint8ClampedArray(pictures.length);
  const y = kind === "new" ? undefined : new Float32Array(pictures.length);
  let since = performance.now();
  for (let index = 0; index < length; index++) {
    const [from, to] = [index * size, (index + 1) * size];
    const clean = pictures.subarray(from, to);
    const own = mixed(seed, index);
    const level = kind === "noise" ? (STRONGEST * (own & 0xffff)) / 0xffff : 0;
    withNoise(clean, level, own, x.subarray(from, to));
    if (y) for (let i = 0; i < size; i++) y[from + i] = (clean[i] as number) / 255;
    if (performance.now() - since > TURN) {
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
    }
  }
  const dimensions = [length, ...shape];
  return data.fromArrays({
    x: new Uint8Array(x.buffer),
    shape: dimensions,
    ...(y ? { y: { data: y, shape: dimensions } } : {}),
    preprocessing: { image: [], numeric: [{ type: "scale", factor: 1 / 255 }] },
  });
}

/** All numbers below `length` in an order that the seed decides. */
export function shuffled(length: number, seed: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const other = mixed(seed, i) % (i + 1);
    [order[i], order[other]] = [order[other] as number, order[i] as number];
  }
  return order;
}

/** The pictures of an epoch: the next ones in their order, from its beginning again behind its end. */
export function chosenFor(epoch: number, most: number, order: readonly number[]): number[] {
  const count = Math.min(most, order.length);
  return Array.from({ length: count }, (_, i) => order[(epoch * count + i) % order.length] as number);
}
