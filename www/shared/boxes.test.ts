import { describe, expect, it } from "vitest";
import { inBoxes, kindsOf, placeOf, sharesOf } from "./boxes";

const box = (name: string, x: number, y: number, width: number, height: number) => ({
  label: 0,
  name,
  x,
  y,
  width,
  height,
});

describe("boxes", () => {
  it("are told by class, the most frequent first", () => {
    const boxes = ["WBC", "RBC", "RBC"].map((name) => box(name, 0, 0, 1, 1));
    expect(kindsOf(boxes)).toBe("2 RBC, 1 WBC");
    expect(inBoxes(boxes)).toBe("3 boxes: 2 RBC, 1 WBC");
    expect(inBoxes(boxes.slice(0, 1))).toBe("1 box: 1 WBC");
    expect(inBoxes([])).toBe("no boxes");
  });

  it("are told with their place", () => {
    expect(placeOf(box("RBC", 346, 361.25, 100, 93.04))).toBe("RBC at 346, 361.3, 100 × 93");
  });

  it("are shares of their picture, small ones above large ones", () => {
    const shares = sharesOf([box("a", 10, 5, 10, 5), box("b", 0, 0, 40, 20)], [20, 40, 3]);
    expect(shares.map(({ name, x, y, width, height }) => [name, x, y, width, height])).toEqual([
      ["b", 0, 0, 1, 1],
      ["a", 0.25, 0.25, 0.25, 0.25],
    ]);
  });
});
