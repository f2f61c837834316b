import { describe, expect, it } from "vitest";
import { apply, type Edit } from "./refinement";
import { type ViewChoice, viewOf } from "./view";

const samples = (...numbers: number[]) => Uint32Array.from(numbers);

describe("the samples that are shown", () => {
  const edits: Edit[] = [
    { type: "relabel", samples: samples(1), to: "c" },
    { type: "exclude", samples: samples(0, 5) },
  ];
  const applied = apply(edits, 6, samples(2, 1, 0, 1, 0, 2), ["a", "b", "c"]);
  const view = (choice: Partial<ViewChoice>) => [
    ...viewOf(applied, 4, { show: "all", label: undefined, byClass: false, ...choice }),
  ];

  it("are all of them, in their order or by class", () => {
    expect(view({})).toEqual([0, 1, 2, 3, 4, 5]);
    expect(view({ byClass: true })).toEqual([2, 4, 3, 0, 1, 5]);
  });

  it("are those of a part, a class or a decision", () => {
    expect(view({ show: "train" })).toEqual([0, 1, 2, 3]);
    expect(view({ show: "test", byClass: true })).toEqual([4, 5]);
    expect(view({ label: 2 })).toEqual([0, 1, 5]);
    expect(view({ show: "excluded" })).toEqual([0, 5]);
    expect(view({ show: "relabelled" })).toEqual([1]);
    expect(view({ show: "relabelled", label: 0 })).toEqual([]);
  });

  it("are those that the report found", () => {
    const choice = { show: "found", label: undefined, byClass: false } as const;
    expect([...viewOf(applied, 4, choice, samples(1, 4))]).toEqual([1, 4]);
    expect([...viewOf(applied, 4, choice)]).toEqual([]);
  });

  it("have an order where there are no classes", () => {
    const without = apply([], 3, samples(), []);
    const choice = { show: "all", label: undefined, byClass: true } as const;
    expect([...viewOf(without, 3, choice)]).toEqual([0, 1, 2]);
  });
});
