import { describe, expect, it } from "vitest";
import type { BoxReport } from "../../shared/boxes";
import { type Change, renumbered, reportNow } from "./now";

const box = (name: string) => ({ name, x: 0, y: 0, width: 5, height: 5 });
const twice = (sample: number) => ({ sample, at: 1, like: 0 });

/** Four samples: two cats and a dog, a cat, none, and one that nobody annotated. */
const read: BoxReport = {
  count: 4,
  classes: [
    { name: "cat", boxes: 3, samples: 2 },
    { name: "dog", boxes: 1, samples: 1 },
  ],
  empty: [2],
  unannotated: [3],
  clipped: 1,
  cutOff: 0,
  tiny: [{ sample: 0, at: 2 }],
  duplicates: [twice(0)],
  refused: [],
  refusedCount: 0,
  missing: [],
  missingCount: 0,
};
const first = [box("cat"), box("cat"), box("dog")];

const now = (...changes: [number, Partial<Change>][]) =>
  reportNow(
    read,
    ["cat", "dog", "owl"],
    new Map(changes.map(([sample, change]) => [sample, { before: [], excluded: false, ...change }])),
  );
const counts = ({ classes }: BoxReport) => classes.map(({ name, boxes, samples }) => [name, boxes, samples]);

describe("what there is to say of boxes now", () => {
  it("is what was read where nothing was changed, and has new classes", () => {
    expect(counts(now())).toEqual([
      ["cat", 3, 2],
      ["dog", 1, 1],
      ["owl", 0, 0],
    ]);
    expect(now()).toMatchObject({ count: 4, empty: [2], unannotated: [3], tiny: read.tiny, clipped: 1 });
  });

  it("counts the boxes that a sample has instead, and what is wrong with those", () => {
    const wrong = { tiny: [{ sample: 3, at: 0 }], duplicates: [] };
    const found = now(
      [0, { before: first, now: [box("dog"), box("owl"), box("owl")] }],
      [3, { now: [box("dog")], wrong }],
    );
    expect(counts(found)).toEqual([
      ["cat", 1, 1],
      ["dog", 2, 2],
      ["owl", 2, 1],
    ]);
    expect(found).toMatchObject({ count: 5, empty: [2], unannotated: [], duplicates: [] });
    expect(found.tiny).toEqual([{ sample: 3, at: 0 }]);
  });

  it("knows which samples have no box any more, and which have one", () => {
    const found = now([1, { before: [box("cat")], now: [] }], [2, { now: [box("cat")] }]);
    expect(found.empty).toEqual([1]);
    expect(counts(found)[0]).toEqual(["cat", 3, 2]);
  });

  it("does not count samples that are excluded, and still says what is wrong with them", () => {
    const found = now(
      [0, { before: first, excluded: true }],
      [1, { before: [box("cat")], now: [], excluded: true }],
    );
    expect(found.count).toBe(0);
    expect(found.duplicates).toEqual([twice(0)]);
    expect(found.empty).toEqual([1, 2]);
  });
});

it("names samples by the numbers that they have here", () => {
  const place = (number: number) => [5, undefined, 7, 4][number];
  expect(renumbered(read, place)).toMatchObject({
    empty: [7],
    unannotated: [4],
    tiny: [{ sample: 5, at: 2 }],
    duplicates: [twice(5)],
  });
});
