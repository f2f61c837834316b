import type { Box } from "tabgrad";
import { type BoxReport, summaryOf } from "../../shared/boxes";
import { explain } from "../../shared/problem";
import type { Entry } from "../entry.svelte";
import { examinationOf } from "../examination.svelte";
import { placesIn } from "../findings";
import { type Change, renumbered, reportNow, type Wrong } from "./now";
import type { PlainBox } from "./places";

/** The boxes of a dataset as they are now. */
export class CountedBoxes {
  readonly #entry: Entry;
  readonly #examination: ReturnType<typeof examinationOf>;
  /** What samples came with whose boxes are others now, or do not count. */
  #before = $state.raw<ReadonlyMap<number, readonly Box[]>>(new Map());
  /** What is wrong with boxes that were changed. */
  #wrong = $state.raw<ReadonlyMap<readonly PlainBox[], Wrong>>(new Map());
  problem = $state("");

  /** As they were read. What was left out and clipped is known from then. */
  readonly #read: BoxReport | undefined = $derived.by(() => {
    const { order, report } = this.#entry;
    const read = report.boxes && renumbered(report.boxes, placesIn(order));
    const seen = this.#examination.report?.boxes;
    if (!seen || !read) return seen ?? read;
    const {
      clipped,
      cutOff,
      outside = 0,
      withoutArea = 0,
      refused,
      refusedCount,
      missing,
      missingCount,
    } = read;
    return { ...seen, clipped, cutOff, outside, withoutArea, refused, refusedCount, missing, missingCount };
  });

  /** What there is to say of them; samples are counted as the entry counts them. */
  readonly report: (BoxReport & Wrong) | undefined = $derived.by(() => {
    if (!this.#read) return undefined;
    const { boxes, excluded } = this.#entry.refiner.applied;
    const changes = new Map<number, Change>();
    for (const [sample, before] of this.#before) {
      const now = boxes.get(sample);
      const change = { before, now, excluded: excluded[sample] === 1, wrong: now && this.#wrong.get(now) };
      if (now || change.excluded) changes.set(sample, change);
    }
    return reportNow(this.#read, this.#entry.boxClassNames, changes);
  });

  /** The same in a sentence; empty where nothing is known of any. */
  readonly summary: string = $derived.by(() => {
    if (!this.report) return "";
    const { excluded } = this.#entry.refiner.applied;
    const kept = (samples: readonly number[]) => samples.filter((sample) => excluded[sample] === 0);
    const { empty, unannotated } = this.report;
    return summaryOf({ ...this.report, empty: kept(empty), unannotated: kept(unannotated) });
  });

  constructor(entry: Entry) {
    this.#entry = entry;
    this.#examination = examinationOf(entry);
  }

  /** Finds out what is lacking of that; of what is wrong with changed boxes only if that is to be shown. */
  async update(wrong: boolean): Promise<void> {
    const { boxes, excluded } = this.#entry.refiner.applied;
    if (!this.#read) return;
    const unlike = new Set(boxes.keys());
    excluded.forEach((value, sample) => {
      if (value === 1) unlike.add(sample);
    });
    const unknown = [...unlike].filter((sample) => !this.#before.has(sample));
    const unseen = wrong ? [...boxes].filter(([, now]) => !this.#wrong.has(now)) : [];
    try {
      if (unknown.length > 0) {
        const found = await this.#entry.ofParts(unknown, (part, own) => part.boxes(own));
        const added = unknown.map((sample, i) => [sample, found[i] ?? []] as const);
        this.#before = new Map([...this.#before, ...added]);
      }
      if (unseen.length > 0) {
        const found = await this.#look(unseen);
        this.#wrong = new Map([
          ...this.#wrong,
          ...unseen.map(([, now], i) => [now, found[i] as Wrong] as const),
        ]);
      }
      this.problem = "";
    } catch (error) {
      this.problem = explain(error);
    }
  }

  /** What is wrong with these boxes of samples. */
  #look(changed: readonly (readonly [number, readonly PlainBox[]])[]): Promise<Wrong[]> {
    const boxes = changed.map(([, now]) => now);
    return this.#entry.ofParts(
      changed.map(([sample]) => sample),
      async (part, own, at) => {
        const some = await part.subset(own, { boxes: at.map((i) => boxes[i] ?? []) });
        const { boxes: found } = await some.examine().finally(() => some.dispose());
        return at.map((i, place) => {
          const here = <T extends { sample: number }>(wrong: readonly T[] = []) =>
            wrong
              .filter(({ sample }) => sample === place)
              .map((one) => ({ ...one, sample: changed[i]?.[0] ?? 0 }));
          return { tiny: here(found?.tiny), duplicates: here(found?.duplicates) };
        });
      },
    );
  }
}
