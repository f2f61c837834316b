import { describe, expect, it } from "vitest";
import { apply, asRefinement, countsOf, type Edit, keptOf, unrefined } from "./refinement";

const samples = (...numbers: number[]) => Uint32Array.from(numbers);
const names = ["cat", "dog"];
const original = samples(0, 0, 1, 1);
const replayed = (...edits: Edit[]) => apply(edits, 4, original, names);

describe("what is decided about a dataset", () => {
  it("is replayed in order, over data that stay as they came", () => {
    const applied = replayed(
      { type: "relabel", samples: samples(0, 3), to: "dog" },
      { type: "exclude", samples: samples(1, 2) },
      { type: "include", samples: samples(2) },
      { type: "relabel", samples: samples(3), to: "cat" },
    );
    expect([...applied.labels]).toEqual([1, 0, 1, 0]);
    expect([...applied.relabelled]).toEqual([1, 0, 0, 1]);
    expect([...applied.excluded]).toEqual([0, 1, 0, 0]);
    expect(countsOf(applied, 2)).toEqual([1, 2]);
    expect([...keptOf(applied, 1, 4)]).toEqual([2, 3]);
    expect([...original]).toEqual([0, 0, 1, 1]);
  });

  it("counts a sample as relabelled only while its class is another", () => {
    const { relabelled } = replayed(
      { type: "relabel", samples: samples(0), to: "dog" },
      { type: "relabel", samples: samples(0), to: "cat" },
    );
    expect([...relabelled]).toEqual([0, 0, 0, 0]);
  });

  it("weighs classes as it was said last", () => {
    expect(replayed().evenly).toBe(false);
    const weigh = (evenly: boolean): Edit => ({ type: "weigh", evenly });
    expect(replayed(weigh(true)).evenly).toBe(true);
    expect(replayed(weigh(true), weigh(false)).evenly).toBe(false);
  });

  it("has the boxes that were decided on last", () => {
    const box = (x: number) => ({ name: "cat", x, y: 0, width: 2, height: 2 });
    const to = (sample: number, ...boxes: ReturnType<typeof box>[]): Edit => ({
      type: "boxes",
      samples: samples(sample),
      to: boxes,
      what: "moved",
    });
    const { boxes } = replayed(to(1, box(1)), to(2), to(1, box(2), box(3)), to(9, box(1)));
    expect([...boxes]).toEqual([
      [1, [box(2), box(3)]],
      [2, []],
    ]);
  });

  it("has the classes of boxes that were added, in their order", () => {
    const added = (name: string): Edit => ({ type: "boxClass", name });
    expect(replayed().boxClasses).toEqual([]);
    expect(replayed(added("owl"), added("bat")).boxClasses).toEqual(["owl", "bat"]);
  });

  it("passes over samples and classes that are gone", () => {
    const applied = replayed(
      { type: "relabel", samples: samples(0), to: "bird" },
      { type: "exclude", samples: samples(9) },
    );
    expect([...applied.labels]).toEqual([...original]);
    expect([...keptOf(applied, 0, 4)]).toEqual([0, 1, 2, 3]);
  });

  it("works where there are no classes", () => {
    const applied = apply([{ type: "exclude", samples: samples(1) }], 3, samples(), []);
    expect([...keptOf(applied, 0, 3)]).toEqual([0, 2]);
  });

  it("takes the last pipeline", () => {
    const first = { image: [{ type: "grayscale" as const }], numeric: [] };
    const { pipeline } = replayed(
      { type: "pipeline", to: first, what: "grayscale" },
      { type: "pipeline", to: undefined, what: "reset" },
    );
    expect(pipeline).toBeUndefined();
  });

  it("is only read back if it is whole", () => {
    expect(asRefinement(unrefined())).toBeDefined();
    expect(asRefinement({ ...unrefined(), split: { fraction: "0.2" } })).toBeUndefined();
    expect(asRefinement(undefined)).toBeUndefined();
  });
});
