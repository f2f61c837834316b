/** What samples were given for, when datasets are cut and joined. */
import type { DatasetPart } from "../types/dataset.js";

/** The samples of each part, ascending. */
export type GivenParts = { [part in DatasetPart]: Uint32Array };

const PARTS = ["train", "validation", "test"] as const satisfies readonly DatasetPart[];

/** The parts of these of so many samples, in this order. */
export function chosenParts(
  parts: GivenParts | undefined,
  length: number,
  indices: Uint32Array,
): GivenParts | undefined {
  return parts && chosen(codes(parts, length), indices);
}

/** The parts of the samples of two datasets, one after the other, where either has any. */
export function joinedParts(
  one: GivenParts | undefined,
  length: number,
  other: GivenParts | undefined,
): GivenParts | undefined {
  if (!one && !other) return undefined;
  const joined = (part: DatasetPart) => {
    const later = Array.from(other?.[part] ?? [], (sample) => sample + length);
    return Uint32Array.from([...(one?.[part] ?? []), ...later]);
  };
  return { train: joined("train"), validation: joined("validation"), test: joined("test") };
}

/** For each sample the number of its part, from 1; 0 for none. */
function codes(parts: GivenParts, length: number): Uint8Array {
  const all = new Uint8Array(length);
  PARTS.forEach((part, i) => {
    for (const sample of parts[part]) all[sample] = i + 1;
  });
  return all;
}

function chosen(codes: Uint8Array, indices: Uint32Array): GivenParts | undefined {
  const found: [number[], number[], number[]] = [[], [], []];
  indices.forEach((index, sample) => {
    found[(codes[index] ?? 0) - 1]?.push(sample);
  });
  if (found.every((samples) => samples.length === 0)) return undefined;
  const [train, validation, test] = found.map((samples) => Uint32Array.from(samples));
  return { train, validation, test } as GivenParts;
}
