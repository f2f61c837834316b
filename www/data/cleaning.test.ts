import { expect, it } from "vitest";
import { cleaningOf } from "./cleaning";
import { apply, type Edit } from "./refinement";

const samples = (...numbers: number[]) => Uint32Array.from(numbers);

it("says what was done about what a report found", () => {
  const edits: Edit[] = [
    { type: "exclude", samples: samples(1, 2, 3), why: "duplicates" },
    { type: "exclude", samples: samples(4), why: "empty" },
    { type: "exclude", samples: samples(5) },
    { type: "include", samples: samples(2) },
    { type: "weigh", evenly: true },
  ];
  const applied = apply(edits, 6, samples(0, 0, 0, 1, 1, 1), ["a", "b"]);
  expect(cleaningOf(edits, applied, [3, 1])).toEqual([
    { type: "dropDuplicates", count: 2 },
    { type: "classWeights", weights: [4 / 6, 2] },
  ]);
  const undone = apply([], 6, samples(0, 0, 0, 1, 1, 1), ["a", "b"]);
  expect(cleaningOf([], undone, [3, 3])).toEqual([]);
});
