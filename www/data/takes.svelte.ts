import { removeDrawing, storeDrawing } from "../draw/drawings";
import { explain } from "../shared/problem";
import { catalog } from "./catalog.svelte";
import { countsOf, type DrawingSet } from "./drawing-set";

/** The last samples that are kept to be looked at. */
const LATEST = 8;

/** A sample as it was recorded. */
export interface Take {
  bytes: Uint8Array;
  shape: number[];
}

/** Samples that are recorded into a set while a class is held. */
export class Takes {
  readonly set: DrawingSet;
  counts = $state<number[]>([]);
  latest = $state.raw<(Take & { name: string })[]>([]);
  /** What was recorded while a class was held last, to take it back. */
  burst = $state.raw<{ index: number; ids: number[] }>({ index: 0, ids: [] });
  problem = $state("");

  constructor(set: DrawingSet) {
    this.set = set;
    this.counts = set.classNames.map(() => 0);
    countsOf(set).then(
      (counts) => {
        this.counts = counts;
      },
      (error: unknown) => {
        this.problem = explain(error);
      },
    );
  }

  get total(): number {
    return this.counts.reduce((a, b) => a + b, 0);
  }

  /** A class begins to be held. */
  begin(index: number): void {
    this.burst = { index, ids: [] };
  }

  /** Stores a sample of a class; false if that was refused. */
  async add(index: number, take: Take): Promise<boolean> {
    const name = this.set.classNames[index] as string;
    try {
      const { bytes: pixels, shape } = take;
      const id = await storeDrawing({
        set: this.set.name,
        label: name,
        strokes: [],
        pixels,
        shape,
        at: Date.now(),
      });
      if (this.burst.index === index) this.burst = { index, ids: [...this.burst.ids, id] };
      this.counts[index] = (this.counts[index] ?? 0) + 1;
      this.latest = [{ ...take, name }, ...this.latest].slice(0, LATEST);
      catalog.drawn(this.set.name);
      return true;
    } catch (error) {
      this.problem = explain(error);
      return false;
    }
  }

  async takeBack(): Promise<void> {
    const { index, ids } = this.burst;
    this.burst = { index, ids: [] };
    try {
      for (const id of ids) await removeDrawing(id);
      this.latest = this.latest.slice(ids.length);
      this.counts[index] = (this.counts[index] ?? 0) - ids.length;
      catalog.drawn(this.set.name);
    } catch (error) {
      this.problem = explain(error);
    }
  }
}
