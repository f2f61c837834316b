/** Where boxes are put: in pixels of a sample, and always within it. */
import type { Box } from "tabgrad";

/** A box by the name of its class. */
export type PlainBox = Omit<Box, "label">;

/** Pixels that a side has at least. */
export const LEAST = 1;

const between = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Moved as far as the picture allows. */
export function moved<T extends PlainBox>(
  box: T,
  dx: number,
  dy: number,
  [high = 1, wide = 1]: readonly number[],
): T {
  const x = between(box.x + dx, 0, Math.max(0, wide - box.width));
  const y = between(box.y + dy, 0, Math.max(0, high - box.height));
  return { ...box, x, y };
}

/** Wider and higher from its upper left corner on, as far as the picture allows. */
export function resized<T extends PlainBox>(
  box: T,
  dx: number,
  dy: number,
  [high = 1, wide = 1]: readonly number[],
): T {
  const width = between(box.width + dx, Math.min(LEAST, box.width), wide - box.x);
  const height = between(box.height + dy, Math.min(LEAST, box.height), high - box.y);
  return { ...box, width, height };
}

/** The box between two points, nothing if it would be too small to mean one. */
export function spanned(
  name: string,
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  [high = 1, wide = 1]: readonly number[],
): PlainBox | undefined {
  const [left, right] = [between(Math.min(x1, x2), 0, wide), between(Math.max(x1, x2), 0, wide)];
  const [top, bottom] = [between(Math.min(y1, y2), 0, high), between(Math.max(y1, y2), 0, high)];
  const box = { name, x: left, y: top, width: right - left, height: bottom - top };
  return box.width < LEAST || box.height < LEAST ? undefined : box;
}

/** One in the middle, for who draws without a pointer. */
export function central(name: string, [high = 1, wide = 1]: readonly number[]): PlainBox {
  return { name, x: wide / 4, y: high / 4, width: wide / 2, height: high / 2 };
}

/** Characters of the name of a class at most. */
export const LONGEST_NAME = 80;

/** Why a further class of boxes cannot be called so; empty if it can. */
export function problemOfName(name: string, taken: readonly string[]): string {
  if (name === "") return "Give the class a name.";
  if (name.length > LONGEST_NAME)
    return `The name has ${name.length} characters, expected at most ${LONGEST_NAME}.`;
  const same = taken.find((other) => other.toLowerCase() === name.toLowerCase());
  return same === undefined ? "" : `There is already a class called ${same}. Choose another name.`;
}

/** Boxes with the numbers of their classes; one that is not known comes behind. */
export function numbered(boxes: readonly PlainBox[], classNames: readonly string[]): Box[] {
  const number = (name: string) => {
    const at = classNames.indexOf(name);
    return at < 0 ? classNames.length : at;
  };
  return boxes.map((box) => ({ ...box, label: number(box.name) }));
}
