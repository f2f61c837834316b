/** What a file leaves open: the sizes of its input. */

/** An input of which some sizes are to be given. */
export interface OpenShape {
  input: string;
  /** Without the batch; null where a size is open. */
  sizes: (number | null)[];
}

/** What readers say of such a file (src/interchange: keras/flatten.rs, onnx/import/inputs.rs). */
const OPEN = /[Ii]nput "([\s\S]*)" has the shape (\[[\d,\snul]*\]), expected sizes behind the batch/;

/** The most numbers of a size; a network of pictures that large would not fit into memory. */
export const LARGEST = 65_536;

/** The input that an error is about, if it is about open sizes. */
export function openShapeOf(message: string): OpenShape | undefined {
  const found = OPEN.exec(message);
  if (!found) return undefined;
  const [, input = "", shape = ""] = found;
  const sizes = (JSON.parse(shape) as (number | null)[]).slice(1);
  return sizes.length > 0 ? { input, sizes } : undefined;
}

/** What the sizes are, by how many there are. */
export function sizeNames(count: number): string[] {
  if (count === 1) return ["Length"];
  if (count === 2) return ["Steps", "Numbers a step"];
  if (count === 3) return ["Height", "Width", "Channels"];
  return Array.from({ length: count }, (_, i) => `Size ${i + 1}`);
}

/** What was typed as a size, or nothing where it is none. */
export function sizeOf(typed: string): number | undefined {
  const size = /^\s*\d+\s*$/.test(typed) ? Number(typed) : 0;
  return size >= 1 && size <= LARGEST ? size : undefined;
}
