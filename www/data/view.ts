import type { Applied } from "./refinement";

export const shows = ["all", "train", "test", "relabelled", "excluded", "found"] as const;
export type Show = (typeof shows)[number];

/** Which samples are looked at, and in which order. */
export interface ViewChoice {
  show: Show;
  /** Of this class only. */
  label: number | undefined;
  /** Class after class, instead of in the order in which they came. */
  byClass: boolean;
}

/** The samples to look at; those before `trainLength` are the training part, those of `report` the found ones. */
export function viewOf(
  applied: Applied,
  trainLength: number,
  choice: ViewChoice,
  report: Uint32Array = new Uint32Array(),
): Uint32Array {
  const { labels, excluded, relabelled } = applied;
  const reported = new Set(report);
  const shown: Record<Show, (sample: number) => boolean> = {
    all: () => true,
    train: (sample) => sample < trainLength,
    test: (sample) => sample >= trainLength,
    relabelled: (sample) => relabelled[sample] === 1,
    excluded: (sample) => excluded[sample] === 1,
    found: (sample) => reported.has(sample),
  };
  const isShown = shown[choice.show];
  const found: number[] = [];
  for (let sample = 0; sample < excluded.length; sample++) {
    if (choice.label !== undefined && labels[sample] !== choice.label) continue;
    if (isShown(sample)) found.push(sample);
  }
  const view = Uint32Array.from(found);
  return choice.byClass && choice.label === undefined ? sortedByClass(view, labels) : view;
}

/** Stable, and in two passes whatever the number of classes. */
function sortedByClass(view: Uint32Array, labels: Uint32Array): Uint32Array {
  if (labels.length === 0) return view;
  const starts: number[] = [];
  for (const sample of view) {
    const next = (labels[sample] as number) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let label = 0; label < starts.length; label++) {
    starts[label] = (starts[label] ?? 0) + (starts[label - 1] ?? 0);
  }
  const sorted = new Uint32Array(view.length);
  for (const sample of view) {
    const label = labels[sample] as number;
    const at = starts[label] ?? 0;
    sorted[at] = sample;
    starts[label] = at + 1;
  }
  return sorted;
}
