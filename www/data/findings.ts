/** A sample, and the earlier one that it is like. */
export interface Alike {
  sample: number;
  like: number;
}

/** What is found by looking at every sample of a dataset. */
export interface Findings {
  /** The same content and class as an earlier sample of the same part. */
  duplicates: Alike[];
  /** The same content as an earlier sample, but another class. */
  conflicts: Alike[];
  /** Of the test part, with the content of a training sample. */
  leaks: Alike[];
  /** Of one value all over. */
  empty: number[];
}

/** 53 bits of the content of a sample (cyrb53, public domain): what is equal has the same. */
export function hashOf(values: ArrayLike<number>): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < values.length; i++) {
    // Numbers that are no bytes differ behind the point as well.
    const value = Math.imul((values[i] as number) * 65_537, 1);
    a = Math.imul(a ^ value, 2_654_435_761);
    b = Math.imul(b ^ value, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & b) + (a >>> 0);
}

export function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

/** Sorts samples with the same hash: each with the first sample that has it. Those from `trainLength` on are the test part. */
export function sortedOut(
  hashes: ArrayLike<number>,
  labels: ArrayLike<number>,
  trainLength: number,
): Omit<Findings, "empty"> {
  const first = new Map<number, number>();
  const found: Omit<Findings, "empty"> = { duplicates: [], conflicts: [], leaks: [] };
  for (let sample = 0; sample < hashes.length; sample++) {
    const hash = hashes[sample] as number;
    const like = first.get(hash);
    if (like === undefined) first.set(hash, sample);
    else if (labels[sample] !== labels[like]) found.conflicts.push({ sample, like });
    else if (sample >= trainLength && like < trainLength) found.leaks.push({ sample, like });
    else found.duplicates.push({ sample, like });
  }
  return found;
}

/** How many times more samples the largest class has than the smallest; of a class without any, infinitely. */
export function imbalanceOf(counts: readonly number[]): { ratio: number; largest: number; smallest: number } {
  const largest = counts.indexOf(Math.max(...counts));
  const smallest = counts.indexOf(Math.min(...counts));
  return { ratio: (counts[largest] ?? 0) / (counts[smallest] ?? 0), largest, smallest };
}
