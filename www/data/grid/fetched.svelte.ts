import type { Sample } from "tabgrad";
import { explain } from "../../shared/problem";

/** Bytes that are kept; what came first goes first. */
const MOST_BYTES = 48_000_000;
/** Numbers that are asked for at once, and in how many questions. */
const BATCH_NUMBERS = 1_000_000;
const BATCH_MOST = 128;
const QUESTIONS = 2;

/** What samples become when they are fetched, and about how many bytes that takes. */
export interface Made<T> {
  made: readonly T[];
  bytes: number;
}

/** What is shown of samples, fetched when they come into view. */
export class Fetched<T> {
  /** Grows when more has come. */
  version = $state(0);
  problem = $state("");
  readonly #fetch: (samples: readonly number[]) => Promise<Sample[]>;
  readonly #make: (found: readonly Sample[]) => Made<T>;
  readonly #batch: number;
  #kept = new Map<number, T>();
  #batches: { samples: readonly number[]; bytes: number }[] = [];
  #bytes = 0;
  #coming = new Set<number>();
  #wanted: readonly number[] = [];
  #asking = 0;

  /** `size` is how many numbers a sample has. */
  constructor(
    size: number,
    fetch: (samples: readonly number[]) => Promise<Sample[]>,
    make: (found: readonly Sample[]) => Made<T>,
  ) {
    this.#fetch = fetch;
    this.#make = make;
    this.#batch = Math.max(1, Math.min(BATCH_MOST, Math.floor(BATCH_NUMBERS / Math.max(1, size))));
  }

  get(sample: number): T | undefined {
    return this.#kept.get(sample);
  }

  /** These are in view now; what was in view before and has not been asked for is forgotten. */
  want(samples: readonly number[]): void {
    this.#wanted = samples;
    while (this.#asking < QUESTIONS && this.#ask()) this.#asking++;
  }

  #ask(): boolean {
    const missing = this.#wanted.filter((sample) => !this.#kept.has(sample) && !this.#coming.has(sample));
    const samples = missing.slice(0, this.#batch);
    if (samples.length === 0) return false;
    for (const sample of samples) this.#coming.add(sample);
    this.#fetch(samples)
      .then(
        (found) => this.#keep(samples, found),
        (error: unknown) => {
          // Not asked for again until something else comes into view.
          this.#wanted = [];
          this.problem = explain(error);
        },
      )
      .finally(() => {
        for (const sample of samples) this.#coming.delete(sample);
        this.#asking--;
        this.want(this.#wanted);
      });
    return true;
  }

  #keep(samples: readonly number[], found: readonly Sample[]): void {
    const { made, bytes } = this.#make(found);
    made.forEach((value, i) => {
      this.#kept.set(samples[i] as number, value);
    });
    this.#batches.push({ samples, bytes });
    this.#bytes += bytes;
    while (this.#bytes > MOST_BYTES && this.#batches.length > 2) {
      const oldest = this.#batches.shift();
      for (const sample of oldest?.samples ?? []) this.#kept.delete(sample);
      this.#bytes -= oldest?.bytes ?? 0;
    }
    this.version++;
  }
}
