import type { Augmentation, Preprocessing } from "tabgrad";
import type { PlainBox } from "./boxes/places";

/** One change of a dataset. Samples are counted through both of its parts, the test part last. */
export type Edit =
  | { type: "relabel"; samples: Uint32Array; to: string }
  | { type: "exclude"; samples: Uint32Array; why?: string }
  | { type: "include"; samples: Uint32Array }
  /** Other boxes in a picture; `what` says what was changed. */
  | { type: "boxes"; samples: Uint32Array; to: readonly PlainBox[]; what: string }
  /** A further class of boxes. */
  | { type: "boxClass"; name: string }
  /** Whether all classes count the same in training, however many samples they have. */
  | { type: "weigh"; evenly: boolean }
  /** Steps instead of the dataset's own; nothing takes those back. */
  | { type: "pipeline"; to: Preprocessing | undefined; what: string };

/** How training and validation are told apart. */
export interface SplitChoice {
  /** By the test set that the dataset came with, where it has one. */
  own: boolean;
  fraction: number;
  seed: number;
  stratified: boolean;
  /** Whether samples that belong together stay together; by what, was said when they were read. */
  grouped?: boolean;
  /** One of so many parts is kept back, instead of a share: which one, from 0. */
  fold?: { of: number; at: number } | undefined;
}

/** What someone decided about a dataset: kept beside it, so that its data stay as they came. */
export interface Refinement {
  done: Edit[];
  /** What was undone and can be done again, the last first. */
  undone: Edit[];
  split: SplitChoice;
  augmentation: Augmentation;
}

export const unrefined = (): Refinement => ({
  done: [],
  undone: [],
  split: { own: true, fraction: 0.2, seed: 7, stratified: true },
  augmentation: {},
});

/** What the edits come to. */
export interface Applied {
  /** The class of each sample now. */
  labels: Uint32Array;
  /** 1 for samples that are left out. */
  excluded: Uint8Array;
  /** 1 for samples whose class is not the one they came with. */
  relabelled: Uint8Array;
  /** The boxes of pictures in which they are others than they came with. */
  boxes: ReadonlyMap<number, readonly PlainBox[]>;
  /** Classes of boxes that were added. */
  boxClasses: readonly string[];
  pipeline: Preprocessing | undefined;
  /** Whether all classes count the same in training. */
  evenly: boolean;
}

/** Replays the edits over the classes that the samples came with. What a dataset has no more is passed over. */
export function apply(
  edits: readonly Edit[],
  length: number,
  original: Uint32Array,
  classNames: readonly string[],
): Applied {
  const labels = original.slice();
  const excluded = new Uint8Array(length);
  let pipeline: Preprocessing | undefined;
  let evenly = false;
  const boxes = new Map<number, readonly PlainBox[]>();
  const boxClasses: string[] = [];
  for (const edit of edits) {
    if (edit.type === "pipeline") pipeline = edit.to;
    else if (edit.type === "weigh") evenly = edit.evenly;
    else if (edit.type === "boxClass") boxClasses.push(edit.name);
    else if (edit.type === "relabel") {
      const label = classNames.indexOf(edit.to);
      if (label >= 0) for (const sample of edit.samples) if (sample < labels.length) labels[sample] = label;
    } else if (edit.type === "boxes") {
      for (const sample of edit.samples) if (sample < length) boxes.set(sample, edit.to);
    } else {
      const value = edit.type === "exclude" ? 1 : 0;
      for (const sample of edit.samples) if (sample < length) excluded[sample] = value;
    }
  }
  const relabelled = new Uint8Array(length);
  labels.forEach((label, i) => {
    if (label !== original[i]) relabelled[i] = 1;
  });
  return { labels, excluded, relabelled, boxes, boxClasses, pipeline, evenly };
}

/** Samples from `from` to `to` that are kept. */
export function keptOf({ excluded }: Applied, from: number, to: number): Uint32Array {
  const kept: number[] = [];
  for (let i = from; i < to; i++) if (excluded[i] === 0) kept.push(i);
  return Uint32Array.from(kept);
}

/** How many samples of each class are kept. */
export function countsOf({ labels, excluded }: Applied, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  labels.forEach((label, i) => {
    if (excluded[i] === 0) counts[label] = (counts[label] ?? 0) + 1;
  });
  return counts;
}

/** A refinement that was stored, if it is one. */
export function asRefinement(value: unknown): Refinement | undefined {
  const { done, undone, split, augmentation } = (value ?? {}) as Partial<Refinement>;
  const sound =
    Array.isArray(done) &&
    Array.isArray(undone) &&
    [split?.fraction, split?.seed].every(Number.isFinite) &&
    typeof augmentation === "object";
  return sound ? (value as Refinement) : undefined;
}
