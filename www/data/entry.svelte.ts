import type { Dataset, DatasetReport, ReadProgress, Sample } from "tabgrad";
import { count, counted } from "../shared/format";
import { EXCERPT, type Look, lookOf } from "../shared/look";
import type { Choices } from "../shared/page-db";
import { explain, isAbort } from "../shared/problem";
import { type Answer, scaleOf } from "./answer";
import { CountedBoxes } from "./boxes/counted.svelte";
import { numbered } from "./boxes/places";
import type { Part } from "./parts";
import { BEGUN } from "./progress";
import { countsOf } from "./refinement";
import { Refiner } from "./refiner.svelte";
import type { PathBlob } from "./sort-out";

/** Kept by the package, as files, or made on this page. */
export type Kind = "mnist" | "stored" | "files" | "drawings" | "pictures" | "recordings";

export interface Source {
  id: string;
  name: string;
  kind: Kind;
  /** Where it comes from and under which licence, or what it is made of. */
  about: string;
  /** What it takes of this browser's storage, if that is known. */
  bytes?: number;
  /** `name` is the one it has now. */
  read(
    options: { signal: AbortSignal; onProgress(progress: ReadProgress): void },
    name: string,
  ): Promise<Parts>;
}

/** What a source gives: all its samples, or training and test samples already told apart. */
export interface Parts {
  train: Dataset;
  test?: Dataset;
  /** What was found when it was read, where that is not `train`'s. */
  report?: DatasetReport;
  /** The number that each sample has there, where that is another than here. */
  order?: Uint32Array;
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
  name = $state("");
  readonly refiner: Refiner;
  /** What is said of its boxes. */
  readonly boxes: CountedBoxes;
  state = $state<"absent" | "loading" | "ready" | "failed">("absent");
  progress = $state.raw<ReadProgress>(BEGUN);
  problem = $state("");
  /** Not named `test` unless the source came with a test set of its own. */
  train = $state.raw<Dataset | undefined>();
  test = $state.raw<Dataset | undefined>();
  /** A few samples, over all to train on. */
  readonly strip: readonly Sample[] = $derived.by(() => {
    const places = spread(this.train?.length ?? 0, STRIP);
    return this.#strip.map((sample, i) => this.#changed(sample, places[i] ?? 0));
  });
  #strip = $state.raw<Sample[]>([]);
  report = $state.raw<DatasetReport>({ unreadable: [] });
  /** The number that each sample has in the report, where that is another than its own. */
  order = $state.raw<Uint32Array | undefined>();
  /** The files that it was read from at this visit, and what was chosen about them. */
  files: { all: readonly PathBlob[]; choices: Choices } | undefined;
  /** Samples that something is to be done about, as the report found them. */
  found = $state.raw<Uint32Array | undefined>();
  #loading: Promise<void> | undefined;
  #controller: AbortController | undefined;
  /** The last that were made. Those of before are left to whoever still shows them. */
  #cut: Made<[Part, Part]> | undefined;
  #prepared: Made<Prepared> | undefined;

  constructor(source: Source) {
    this.source = source;
    this.name = source.name;
    this.refiner = new Refiner(source.id);
    this.boxes = new CountedBoxes(this);
  }

  get id(): string {
    return this.source.id;
  }

  get length(): number {
    return (this.train?.length ?? 0) + (this.test?.length ?? 0);
  }

  /** Samples that are not excluded. */
  get keptLength(): number {
    return this.refiner.applied.excluded.reduce((kept, excluded) => kept + 1 - excluded, 0);
  }

  get classNames(): readonly string[] {
    return this.train?.classNames ?? [];
  }

  /** Names of the classes of boxes, where there are some; those that were added come last. */
  readonly boxClassNames: readonly string[] = $derived.by(() => {
    const read = [...(this.train?.boxClassNames ?? []), ...(this.test?.boxClassNames ?? [])];
    return [...new Set([...read, ...this.refiner.applied.boxClasses])];
  });

  /** What its samples are, to be shown as that. */
  readonly look: Look = $derived.by(() => (this.train ? lookOf(this.train) : "pictures"));

  /** Whether its samples are to be answered by a number each. */
  readonly numbered: boolean = $derived(this.classNames.length === 0 && this.strip[0]?.target?.length === 1);

  /** What the numbers or classes are called that are to be answered, where they come from a column. */
  get target(): string {
    return this.report.table?.target ?? this.train?.preprocessing.table?.target ?? "";
  }

  /** The group of each of its samples, where it is known which belong together. */
  readonly groups: Uint32Array | undefined = $derived.by(() => {
    const of = this.report.groups?.of;
    return of && Uint32Array.from({ length: this.length }, (_, i) => of[this.order?.[i] ?? i] ?? 0);
  });

  /** What is to be answered, in words. */
  get said(): string {
    if (this.numbered) return `${this.target || "a number"} to be estimated`;
    const { length } = this.classNames;
    if (length === 0 && this.report.boxes) return "with boxes";
    return length > 0 ? counted(length, "class", "classes") : "nothing to be answered";
  }

  /** Samples of each class that are kept. */
  readonly counts = $derived.by(() => countsOf(this.refiner.applied, this.classNames.length));

  /** What a training takes is cut by the dataset's own test set. */
  get ownSplit(): boolean {
    return this.test !== undefined && this.refiner.split.own;
  }

  /** The share that is kept back where it has no test set of its own. */
  get heldBack(): number {
    const { fold, fraction } = this.refiner.split;
    return fold ? 1 / fold.of : fraction;
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

  /** Some samples, as they came but for boxes that were changed; of their texts the beginning. */
  async samples(indices: ArrayLike<number>, textLength = EXCERPT): Promise<Sample[]> {
    const wanted = Array.from(indices);
    const found = await this.ofParts(wanted, (part, own) => part.samples(own, { textLength }));
    return found.map((sample, i) => this.#changed(sample, wanted[i] as number));
  }

  /**
   * What the parts answer about samples, in their order. Each is asked for its own, by their numbers there; `at` says
   * which of `indices` those are.
   */
  async ofParts<T>(
    indices: readonly number[],
    ask: (part: Dataset, own: number[], at: number[]) => Promise<readonly T[]>,
  ): Promise<T[]> {
    const { train, test } = this;
    const all: T[] = [];
    const of = async (part: Dataset | undefined, first: number) => {
      const isOwn = (i: number) => i >= first && i < first + (part?.length ?? 0);
      const at = Array.from(indices.keys()).filter((i) => isOwn(indices[i] as number));
      if (!part || at.length === 0) return;
      const found = await ask(
        part,
        at.map((i) => (indices[i] as number) - first),
        at,
      );
      at.forEach((i, place) => {
        all[i] = found[place] as T;
      });
    };
    await Promise.all([of(train, 0), of(test, train?.length ?? 0)]);
    return all;
  }

  /** The shape of samples after the steps that were chosen. */
  async preparedShape(): Promise<readonly number[]> {
    await this.load();
    if (!this.refiner.applied.pipeline) return this.train?.shape ?? [];
    const { preparedSamples } = await parts();
    const one = await preparedSamples(this, [0]);
    one.dispose();
    return one.shape;
  }

  /** What a network is to say of its samples, by those that are trained on; nothing if they say nothing of it. */
  async answer(): Promise<Answer | undefined> {
    await this.load();
    if (this.classNames.length > 0) return { classes: this.classNames.length };
    if (!this.numbered) return undefined;
    const [{ data }] = await this.cut();
    const targets = await data.targets();
    return targets && scaleOf(targets.data);
  }

  /** Training and validation samples, before any step: what was excluded is not among them. */
  async cut(): Promise<[train: Part, validation: Part]> {
    await this.load();
    if (!this.train) throw new Error(this.problem);
    const edits = this.refiner.done.filter(({ type }) => type !== "pipeline" && type !== "weigh");
    const of = [this.train, this.test, this.refiner.split, edits.length, edits.at(-1)];
    this.#cut = kept(this.#cut, of, async () => (await parts()).cutParts(this));
    return this.#cut.value;
  }

  /**
   * Training and validation samples after all that was decided about them. `tell` hears how far it is,
   * in words.
   */
  async parts(tell?: (doing: string) => void): Promise<Prepared> {
    const [train, validation] = await this.cut();
    const { pipeline } = this.refiner.applied;
    const controller = new AbortController();
    this.#controller = controller;
    const { stepped } = await parts();
    this.#prepared = kept(this.#prepared, [train, validation, pipeline], async () => ({
      train: await stepped(train.data, pipeline, {
        signal: controller.signal,
        onProgress: ({ done, total }) => tell?.(`Preparing ${count(done)} of ${counted(total, "sample")}`),
      }),
      validation: await stepped(validation.data, pipeline, { signal: controller.signal }),
      tested: validation.samples,
    }));
    return this.#prepared.value;
  }

  /** Forgets what was loaded; the next use reads it again. */
  unload(): void {
    this.cancel();
    this.#cut = undefined;
    this.#prepared = undefined;
    this.train?.dispose();
    this.test?.dispose();
    this.train = undefined;
    this.test = undefined;
    this.state = "absent";
  }

  /** Takes what was read of it. */
  async take({ train, test, report = train.report, order }: Parts): Promise<void> {
    const labels = [await train.labels(), (await test?.labels()) ?? new Uint32Array()] as const;
    const all = new Uint32Array(labels[0].length + labels[1].length);
    all.set(labels[0]);
    all.set(labels[1], labels[0].length);
    await this.refiner.over(train.length + (test?.length ?? 0), all, train.classNames);
    this.#strip = await train.samples(spread(train.length, STRIP), { textLength: EXCERPT });
    this.train = train;
    this.test = test;
    this.report = report;
    this.order = order;
    this.state = "ready";
  }

  /** A sample with the boxes that it has now. */
  #changed(sample: Sample, number: number): Sample {
    const boxes = this.refiner.applied.boxes.get(number);
    return boxes && sample.boxes ? { ...sample, boxes: numbered(boxes, this.boxClassNames) } : sample;
  }

  async #read(): Promise<void> {
    this.state = "loading";
    this.problem = "";
    this.progress = BEGUN;
    this.#controller = new AbortController();
    try {
      const options = {
        signal: this.#controller.signal,
        onProgress: (progress: ReadProgress) => {
          this.progress = progress;
        },
      };
      await this.take(await this.source.read(options, this.name));
    } catch (error) {
      this.state = isAbort(error) ? "absent" : "failed";
      this.problem = isAbort(error) ? "" : explain(error);
    }
  }
}

/** Loaded when it is needed: the page starts without. */
const parts = () => import("./parts");

/** Something that takes a while to make, and what it was made of. */
interface Made<T> {
  of: readonly unknown[];
  value: Promise<T>;
  failed: boolean;
}

/** What was made of the same before, or made now; what failed is made again. */
function kept<T>(before: Made<T> | undefined, of: readonly unknown[], make: () => Promise<T>): Made<T> {
  if (before && !before.failed && before.of.every((value, i) => value === of[i])) return before;
  const made: Made<T> = { of, value: make(), failed: false };
  made.value.catch(() => {
    made.failed = true;
  });
  return made;
}

/** `most` indices, evenly over `length`. */
export function spread(length: number, most: number): number[] {
  const count = Math.min(length, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
}
