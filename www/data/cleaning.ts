import type { Preprocessing } from "tabgrad";
import type { Edit } from "./refinement";

type Fix = NonNullable<Preprocessing["cleaning"]>[number];

/** Why samples that a report found are excluded, and what that is called where it is stored with a model. */
export const reasons = {
  conflicts: "contradicting classes",
  leaks: "also in the training part",
  duplicates: "duplicates",
  near: "near duplicates",
  outliers: "outliers",
  empty: "empty",
} as const;

const drops = [
  [reasons.conflicts, "dropConflicts"],
  [reasons.duplicates, "dropDuplicates"],
  [reasons.leaks, "dropLeaks"],
  [reasons.near, "dropNearDuplicates"],
  [reasons.outliers, "dropOutliers"],
] as const;

/** What was done about what a report found, as it is stored with a model. `counts` are those of what was trained on. */
export function cleaningOf(
  edits: readonly Edit[],
  { excluded, evenly }: { excluded: Uint8Array; evenly: boolean },
  counts: readonly number[],
): Fix[] {
  const cleaning: Fix[] = [];
  for (const [why, type] of drops) {
    const samples = new Set(
      edits.flatMap((edit) => (edit.type === "exclude" && edit.why === why ? Array.from(edit.samples) : [])),
    );
    const count = [...samples].filter((sample) => excluded[sample] === 1).length;
    if (count > 0) cleaning.push({ type, count });
  }
  if (evenly) cleaning.push({ type: "classWeights", weights: balanced(counts) });
  return cleaning;
}

/** The number of samples over that of the classes and of the class's own. */
function balanced(counts: readonly number[]): number[] {
  const samples = counts.reduce((a, b) => a + b, 0);
  const classes = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? samples / (classes * count) : 0));
}
