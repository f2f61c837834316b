import type { Dataset, Sample, SkippedFile } from "tabgrad";
import { explain, isAbort } from "../shared/problem";

export type Kind = "mnist" | "idx" | "images" | "drawings";

export interface Source {
  id: string;
  name: string;
  kind: Kind;
  /** Where it comes from and under which licence, or what it is made of. */
  about: string;
  read(options: { signal: AbortSignal; onProgress(done: number, total: number): void }): Promise<Parts>;
}

/** What a source gives: all its samples, or training and test samples already told apart. */
export interface Parts {
  train: Dataset;
  test?: Dataset;
}

/** How many samples are looked at before one asks for more. */
const STRIP = 12;

/** One dataset: known by name, and loaded when it is needed. */
export class Entry {
  readonly source: Source;
  state = $state<"absent" | "loading" | "ready" | "failed">("absent");
  progress = $state({ done: 0, total: 0 });
  problem = $state("");
  /** Not named `test` unless the source came with a test set of its own. */
  train = $state.raw<Dataset | undefined>();
  test = $state.raw<Dataset | undefined>();
  counts = $state.raw<number[]>([]);
  strip = $state.raw<Sample[]>([]);
  skipped = $state.raw<readonly SkippedFile[]>([]);
  #loading: Promise<void> | undefined;
  #controller: AbortController | undefined;
  /** By the share that is kept back; those of before stay, a report may still show their images. */
  #splits = new Map<number, Promise<[Dataset, Dataset]>>();

  constructor(source: Source) {
    this.source = source;
  }

  get id(): string {
    return this.source.id;
  }

  get name(): string {
    return this.source.name;
  }

  get length(): number {
    return (this.train?.length ?? 0) + (this.test?.length ?? 0);
  }

  load(): Promise<void> {
    if (this.state === "ready") return Promise.resolve();
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  cancel(): void {
    this.#controller?.abort();
  }

  /** Training and validation samples: the source's own, or `fraction` kept back of each class. */
  async parts(fraction: number): Promise<[train: Dataset, validation: Dataset]> {
    await this.load();
    if (!this.train) throw new Error(this.problem);
    if (this.test) return [this.train, this.test];
    let split = this.#splits.get(fraction);
    if (!split) {
      split = this.train.split({ fraction, seed: 7, stratified: true });
      this.#splits.set(fraction, split);
    }
    return split;
  }

  /** Forgets what was loaded; the next use reads it again. */
  unload(): void {
    this.cancel();
    for (const split of this.#splits.values()) {
      void split.then(
        (parts) => {
          for (const part of parts) part.dispose();
        },
        () => undefined,
      );
    }
    this.#splits.clear();
    this.train?.dispose();
    this.test?.dispose();
    this.train = undefined;
    this.test = undefined;
    this.state = "absent";
  }

  async #read(): Promise<void> {
    this.state = "loading";
    this.problem = "";
    this.progress = { done: 0, total: 0 };
    this.#controller = new AbortController();
    try {
      const parts = await this.source.read({
        signal: this.#controller.signal,
        onProgress: (done, total) => {
          this.progress = { done, total };
        },
      });
      this.train = parts.train;
      this.test = parts.test;
      this.skipped = [...parts.train.skipped, ...(parts.test?.skipped ?? [])];
      const train = await parts.train.counts();
      const test = await parts.test?.counts();
      this.counts = train.map((n, i) => n + (test?.[i] ?? 0));
      this.strip = await parts.train.samples(spread(parts.train.length, STRIP));
      this.state = "ready";
    } catch (error) {
      this.state = isAbort(error) ? "absent" : "failed";
      this.problem = isAbort(error) ? "" : explain(error);
    }
  }
}

/** `most` indices, evenly over `length`. */
export function spread(length: number, most: number): number[] {
  const count = Math.min(length, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
}
