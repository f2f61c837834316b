import type { Augmentation, Preprocessing } from "tabgrad";
import { count, counted } from "../shared/format";
import { LatestWrite } from "../shared/latest-write";
import { pageDb, pageWrite } from "../shared/page-db";
import { explain } from "../shared/problem";
import type { PlainBox } from "./boxes/places";
import {
  type Applied,
  apply,
  asRefinement,
  type Edit,
  type Refinement,
  type SplitChoice,
  unrefined,
} from "./refinement";

/** What someone decides about one dataset: each decision is kept at once and can be undone. */
export class Refiner {
  #id: string;
  done = $state.raw<readonly Edit[]>([]);
  undone = $state.raw<readonly Edit[]>([]);
  split = $state.raw<SplitChoice>(unrefined().split);
  augmentation = $state.raw<Augmentation>({});
  /** Why it is not kept over a reload, if so. */
  problem = $state("");
  /** Of the data that came: the edits are replayed over it. */
  #length = $state(0);
  #original = $state.raw<Uint32Array>(new Uint32Array());
  #classNames = $state.raw<readonly string[]>([]);
  /** Grows when boxes are changed, back included. */
  boxChanges = $state(0);
  readonly applied: Applied = $derived(apply(this.done, this.#length, this.#original, this.#classNames));
  #reading: Promise<void> | undefined;
  #keeping = new LatestWrite(() => this.#write());

  constructor(id: string) {
    this.#id = id;
  }

  /** The samples that were read: their classes, or none, and the names of those. */
  async over(length: number, labels: Uint32Array, classNames: readonly string[]): Promise<void> {
    await this.#read();
    this.#length = length;
    this.#original = labels;
    this.#classNames = classNames;
  }

  get original(): Uint32Array {
    return this.#original;
  }

  /** The samples that no class or exclusion of before is changed for. */
  relabel(samples: Uint32Array, to: string): void {
    const label = this.#classNames.indexOf(to);
    const changed = samples.filter((sample) => this.applied.labels[sample] !== label);
    if (changed.length > 0) this.#do({ type: "relabel", samples: changed, to });
  }

  exclude(samples: Uint32Array, why?: string): void {
    const changed = samples.filter((sample) => this.applied.excluded[sample] === 0);
    if (changed.length > 0) this.#do({ type: "exclude", samples: changed, ...(why ? { why } : {}) });
  }

  include(samples: Uint32Array): void {
    const changed = samples.filter((sample) => this.applied.excluded[sample] === 1);
    if (changed.length > 0) this.#do({ type: "include", samples: changed });
  }

  /** `again` says that this goes on with the change before, if that was of the same. */
  setBoxes(sample: number, to: readonly PlainBox[], what: string, again = false): void {
    const last = this.done.at(-1);
    const same = last?.type === "boxes" && last.samples[0] === sample && last.what === what;
    if (again && same) this.done = this.done.slice(0, -1);
    this.#do({ type: "boxes", samples: Uint32Array.of(sample), to, what });
  }

  /** A further class of boxes; `problemOfName` says what it may be called. */
  addBoxClass(name: string): void {
    this.#do({ type: "boxClass", name });
  }

  /** `what` says what was changed; what is typed into one field is one change. */
  setPipeline(to: Preprocessing | undefined, what: string): void {
    const last = this.done.at(-1);
    if (last?.type === "pipeline" && last.what === what) this.done = this.done.slice(0, -1);
    this.#do({ type: "pipeline", to, what });
  }

  /** Whether all classes count the same in training. */
  weigh(evenly: boolean): void {
    this.#do({ type: "weigh", evenly });
  }

  setSplit(split: SplitChoice): void {
    this.split = split;
    void this.#keeping.changed();
  }

  setAugmentation(augmentation: Augmentation): void {
    this.augmentation = augmentation;
    void this.#keeping.changed();
  }

  undo(): void {
    const last = this.done.at(-1);
    if (!last) return;
    this.done = this.done.slice(0, -1);
    this.undone = [...this.undone, last];
    this.#told(last);
    void this.#keeping.changed();
  }

  redo(): void {
    const next = this.undone.at(-1);
    if (!next) return;
    this.undone = this.undone.slice(0, -1);
    this.done = [...this.done, next];
    this.#told(next);
    void this.#keeping.changed();
  }

  /** What was decided, of which nothing is being written any more: it moves to another id. */
  async taken(): Promise<Refinement> {
    await this.#read();
    await this.#keeping.cancel();
    return this.#decided;
  }

  async erase(): Promise<void> {
    await this.#keeping.cancel();
    await pageWrite(["refinements"], "relaxed", (writing, begin) => {
      begin(writing.objectStore("refinements").delete(this.#id));
    });
  }

  get #decided(): Refinement {
    const { done, undone, split, augmentation } = this;
    return { done: [...done], undone: [...undone], split, augmentation };
  }

  #do(edit: Edit): void {
    this.done = [...this.done, edit];
    this.undone = [];
    this.#told(edit);
    void this.#keeping.changed();
  }

  #told({ type }: Edit): void {
    if (type === "boxes") this.boxChanges++;
  }

  #read(): Promise<void> {
    this.#reading ??= (async () => {
      try {
        const db = await pageDb();
        const stored = asRefinement(await db.get("refinements", this.#id)) ?? unrefined();
        this.done = stored.done;
        this.undone = stored.undone;
        this.split = stored.split;
        this.augmentation = stored.augmentation;
      } catch (error) {
        this.problem = explain(error);
      }
    })();
    return this.#reading;
  }

  async #write(): Promise<void> {
    try {
      // What a power cut takes of it is what was decided last; a reload or a crash takes nothing.
      await pageWrite(["refinements"], "relaxed", (writing, begin) => {
        begin(writing.objectStore("refinements").put({ id: this.#id, ...this.#decided }));
      });
      this.problem = "";
    } catch (error) {
      this.problem = `This change lasts until you close the page, it was not stored: ${explain(error)}`;
    }
  }
}

/** An edit in words: "3 samples relabelled as cat". */
export function inWords(edit: Edit): string {
  if (edit.type === "pipeline") return `preparation: ${edit.what}`;
  if (edit.type === "weigh")
    return edit.evenly ? "all classes count the same" : "every sample counts the same";
  if (edit.type === "boxClass") return `class ${edit.name} added`;
  if (edit.type === "boxes") return `sample ${count((edit.samples[0] ?? 0) + 1)}: ${edit.what}`;
  const samples = counted(edit.samples.length, "sample");
  if (edit.type === "relabel") return `${samples} relabelled as ${edit.to}`;
  if (edit.type === "include") return `${samples} included again`;
  return edit.why ? `${samples} excluded: ${edit.why}` : `${samples} excluded`;
}
