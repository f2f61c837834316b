import type { DataReport } from "tabgrad";

/** A sample, and the earlier one that it is like; or itself, where it is like none. */
export type Alike = DataReport["duplicates"][number];

/** What is wrong with samples: each is in one list, that of the worst. */
export interface Findings {
  /** The same content as an earlier sample, but another class. */
  conflicts: Alike[];
  /** Of a part that measures, with the content of a sample of another, or nearly. */
  leaks: Alike[];
  /** The same content and class as an earlier sample. */
  duplicates: Alike[];
  /** Nearly the content of an earlier sample. */
  near: Alike[];
  /** Far from the others. */
  outliers: Alike[];
  /** Nothing is in them. */
  empty: Alike[];
}

/** What of a report is about single samples. */
type Found = Partial<
  Pick<DataReport, "empty" | "conflicts" | "leaks" | "duplicates" | "nearDuplicates" | "outliers">
>;

/**
 * Sorts what a report found. `order` has the number that each sample has in the report, where that is
 * another than its own.
 */
export function findingsOf(report: Found, order?: Uint32Array): Findings {
  const place = placesIn(order);
  const said = new Set<number>();
  /** Those that nothing was said of yet. */
  const take = (pairs: readonly Alike[] = []): Alike[] => {
    const taken = pairs.flatMap((pair) => {
      const [sample, like] = [place(pair.sample), place(pair.like)];
      return sample === undefined || like === undefined || said.has(sample) ? [] : [{ sample, like }];
    });
    for (const { sample } of taken) said.add(sample);
    return taken;
  };
  // What is empty is like everything that is empty, too.
  const empty = take(aloneOf(report.empty));
  return {
    empty,
    conflicts: take(report.conflicts),
    leaks: take(report.leaks),
    duplicates: take(report.duplicates),
    near: take(report.nearDuplicates),
    outliers: take(aloneOf(report.outliers?.map(({ sample }) => sample))),
  };
}

/** Samples that are named for themselves. */
export function aloneOf(samples: readonly number[] = []): Alike[] {
  return samples.map((sample) => ({ sample, like: sample }));
}

/** What number a sample has that has another in the report. */
export function placesIn(order: Uint32Array | undefined): (number: number) => number | undefined {
  const places = order && new Map(Array.from(order, (number, place) => [number, place]));
  return (number) => (places ? places.get(number) : number);
}

/** How many times more samples the largest class has than the smallest; of a class without any, infinitely. */
export function imbalanceOf(counts: readonly number[]): { ratio: number; largest: number; smallest: number } {
  const largest = counts.indexOf(Math.max(...counts));
  const smallest = counts.indexOf(Math.min(...counts));
  return { ratio: (counts[largest] ?? 0) / (counts[smallest] ?? 0), largest, smallest };
}
