import type { Dataset, Sample, SkippedFile } from "tabgrad";
import { explain, isAbort } from "../shared/problem";
import { prepareParts } from "./parts";
import { countsOf } from "./refinement";
import { Refiner } from "./refiner.svelte";

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

/** What a training learns from and is measured by. */
export interface Prepared {
  train: Dataset;
  validation: Dataset;
  /** Which of the entry's samples those of `validation` are. */
  tested: Uint32Array;
}

/** How many samples are looked at before one asks for more. */
const STRIP = 12;

/** One dataset: known by name, and loaded when it is needed. Its samples are counted through both parts. */
export class Entry {
  readonly source: Source;
  readonly refiner: Refiner;
  state = $state<"absent" | "loading" | "ready" | "failed">("absent");
  progress = $state({ done: 0, total: 0 });
  problem = $state("");
  /** Not named `test` unless the source came with a test set of its own. */
  train = $state.raw<Dataset | undefined>();
  test = $state.raw<Dataset | undefined>();
  strip = $state.raw<Sample[]>([]);
  skipped = $state.raw<readonly SkippedFile[]>([]);
  #loading: Promise<void> | undefined;
  #controller: AbortController | undefined;
  /** The last that was made, and of what. Those of before are left to whoever still shows them. */
  #prepared: { of: readonly unknown[]; parts: Promise<Prepared> } | undefined;

  constructor(source: Source) {
    this.source = source;
    this.refiner = new Refiner(source.id);
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

  get classNames(): readonly string[] {
    return this.train?.classNames ?? [];
  }

  /** Samples of each class that are kept. */
  readonly counts = $derived.by(() => countsOf(this.refiner.applied, this.classNames.length));

  /** What a training takes is cut by the dataset's own test set. */
  get ownSplit(): boolean {
    return this.test !== undefined && this.refiner.split.own;
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

  /** Some samples, as they came. */
  async samples(indices: ArrayLike<number>): Promise<Sample[]> {
    const { train, test } = this;
    if (!train) return [];
    const wanted = Array.from(indices);
    const later = wanted.filter((i) => i >= train.length).map((i) => i - train.length);
    const [first, second] = await Promise.all([
      train.samples(wanted.filter((i) => i < train.length)),
      later.length > 0 && test ? test.samples(later) : [],
    ]);
    let [a, b] = [0, 0];
    return wanted.map((i) => (i < train.length ? first[a++] : second[b++]) as Sample);
  }

  /** Training and validation samples after all that was decided about them. */
  async parts(): Promise<Prepared> {
    await this.load();
    if (!this.train) throw new Error(this.problem);
    const of = [this.train, this.test, this.refiner.done, this.refiner.split];
    if (this.#prepared?.of.some((value, i) => value !== of[i]) ?? true) {
      const parts = prepareParts(this);
      this.#prepared = { of, parts };
      parts.catch(() => {
        this.#prepared = undefined;
      });
    }
    return (this.#prepared as { parts: Promise<Prepared> }).parts;
  }

  /** Forgets what was loaded; the next use reads it again. */
  unload(): void {
    this.cancel();
    this.#prepared = undefined;
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
      const { train, test } = await this.source.read({
        signal: this.#controller.signal,
        onProgress: (done, total) => {
          this.progress = { done, total };
        },
      });
      const labels = [await train.labels(), (await test?.labels()) ?? new Uint32Array()] as const;
      const all = new Uint32Array(labels[0].length + labels[1].length);
      all.set(labels[0]);
      all.set(labels[1], labels[0].length);
      await this.refiner.over(train.length + (test?.length ?? 0), all, train.classNames);
      this.strip = await train.samples(spread(train.length, STRIP));
      this.train = train;
      this.test = test;
      this.skipped = [...train.skipped, ...(test?.skipped ?? [])];
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
