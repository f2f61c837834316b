import type { ReadProgress } from "tabgrad";
import { explain } from "../shared/problem";
import type { Entry } from "./entry.svelte";
import { type Alike, type Findings, hashOf, isConstant, sortedOut } from "./findings";
import { BEGUN } from "./progress";

/** Numbers that are fetched at a time. */
const NUMBERS_AT_ONCE = 1_000_000;
/** Pairs that are compared number by number at a time. */
const PAIRS_AT_ONCE = 64;

/** Looks at every sample of a dataset, a few at a time. */
class Scan {
  readonly #entry: Entry;
  progress = $state.raw<ReadProgress>(BEGUN);
  running = $state(false);
  problem = $state("");
  found = $state.raw<Findings | undefined>();
  #stopped = false;

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  get name(): string {
    return this.#entry.name;
  }

  cancel(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    this.running = true;
    this.problem = "";
    this.#stopped = false;
    try {
      this.found = await this.#look();
    } catch (error) {
      this.problem = explain(error);
    }
    this.running = false;
  }

  async #look(): Promise<Findings | undefined> {
    const entry = this.#entry;
    const total = entry.length;
    const size = (entry.train?.shape ?? [1]).reduce((a, b) => a * b, 1);
    const atOnce = Math.max(1, Math.min(512, Math.floor(NUMBERS_AT_ONCE / size)));
    const hashes = new Float64Array(total);
    const empty: number[] = [];
    const begun = performance.now();
    for (let from = 0; from < total; from += atOnce) {
      const indices = Array.from({ length: Math.min(atOnce, total - from) }, (_, i) => from + i);
      const samples = await entry.samples(indices);
      if (this.#stopped) return undefined;
      samples.forEach(({ data }, i) => {
        hashes[from + i] = hashOf(data);
        if (isConstant(data)) empty.push(from + i);
      });
      const done = from + indices.length;
      const rate = (done / (performance.now() - begun)) * 1000;
      this.progress = { done, total, unit: "samples", rate, secondsLeft: (total - done) / rate };
    }
    const { duplicates, conflicts, leaks } = sortedOut(
      hashes,
      entry.refiner.original,
      entry.train?.length ?? total,
    );
    // Samples of one value all over are all alike; that is said of them already.
    const bare = new Set(empty);
    const real = (pairs: Alike[]) => this.#equal(pairs.filter(({ sample }) => !bare.has(sample)));
    return {
      duplicates: await real(duplicates),
      conflicts: await real(conflicts),
      leaks: await real(leaks),
      empty,
    };
  }

  /** Those that are equal number by number, since two contents may have one hash. */
  async #equal(pairs: Alike[]): Promise<Alike[]> {
    const equal: Alike[] = [];
    for (let from = 0; from < pairs.length; from += PAIRS_AT_ONCE) {
      const some = pairs.slice(from, from + PAIRS_AT_ONCE);
      const samples = await this.#entry.samples(some.flatMap(({ sample, like }) => [sample, like]));
      some.forEach((pair, i) => {
        const [a, b] = [samples[2 * i]?.data, samples[2 * i + 1]?.data];
        if (a && b && a.every((value, at) => value === b[at])) equal.push(pair);
      });
    }
    return equal;
  }
}

const scans = new WeakMap<Entry, Scan>();

/** The scan of an entry, with what it found. */
export function scanOf(entry: Entry): Scan {
  const scan = scans.get(entry) ?? new Scan(entry);
  scans.set(entry, scan);
  return scan;
}
