/** Sizes of inputs that a file leaves open, as they are asked for. */

/** The most numbers of a size; a network of pictures that large would not fit into memory. */
export const LARGEST = 65_536;

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
