import { expect, it } from "vitest";
import { findingsOf, imbalanceOf } from "./findings";

const alike = (...pairs: [number, number][]) => pairs.map(([sample, like]) => ({ sample, like }));

it("sorts each sample under the worst that is wrong with it", () => {
  const found = findingsOf({
    empty: [7, 8],
    duplicates: alike([1, 0], [3, 2], [5, 0], [8, 7]),
    conflicts: alike([3, 2], [8, 7]),
    leaks: [{ sample: 5, like: 0, kind: "exact" }],
    nearDuplicates: alike([6, 0], [5, 4]),
    outliers: [6, 9].map((sample) => ({ sample, what: "brightness", value: 1, distance: 9 })),
  });
  expect(found).toEqual({
    empty: alike([7, 7], [8, 8]),
    conflicts: alike([3, 2]),
    leaks: alike([5, 0]),
    duplicates: alike([1, 0]),
    near: alike([6, 0]),
    outliers: alike([9, 9]),
  });
  expect(findingsOf({}).duplicates).toEqual([]);
});

it("counts the samples as they are shown", () => {
  // The report counts by file, the page the training part first.
  const order = Uint32Array.of(1, 3, 0, 2);
  const report = { duplicates: alike([3, 0], [4, 1]), empty: [2] };
  expect(findingsOf(report, order)).toMatchObject({ duplicates: alike([1, 2]), empty: alike([3, 3]) });
});

it("compares the largest class with the smallest", () => {
  expect(imbalanceOf([30, 10, 20])).toEqual({ ratio: 3, largest: 0, smallest: 1 });
  expect(imbalanceOf([5, 0]).ratio).toBe(Infinity);
});
