import { describe, expect, it } from "vitest";
import { central, LONGEST_NAME, moved, numbered, problemOfName, resized, spanned } from "./places";

const shape = [20, 30, 3];
const box = { name: "cat", x: 4, y: 5, width: 10, height: 8 };

describe("boxes that are changed", () => {
  it("stay within their picture when they are moved", () => {
    expect(moved(box, 3, -2, shape)).toEqual({ ...box, x: 7, y: 3 });
    expect(moved(box, 100, 100, shape)).toEqual({ ...box, x: 20, y: 12 });
    expect(moved(box, -100, -100, shape)).toEqual({ ...box, x: 0, y: 0 });
  });

  it("keep an area, and their picture, when they are resized", () => {
    expect(resized(box, 2, -1, shape)).toEqual({ ...box, width: 12, height: 7 });
    expect(resized(box, -100, -100, shape)).toEqual({ ...box, width: 1, height: 1 });
    expect(resized(box, 100, 100, shape)).toEqual({ ...box, width: 26, height: 15 });
    // One that came smaller than that is not made larger by making it smaller.
    expect(resized({ ...box, width: 0.5 }, -1, 0, shape).width).toBe(0.5);
  });

  it("are drawn from any corner, cut off at the edges, and not by a click", () => {
    expect(spanned("cat", [8, 9], [2, 3], shape)).toEqual({ name: "cat", x: 2, y: 3, width: 6, height: 6 });
    expect(spanned("cat", [25, 15], [99, 99], shape)).toEqual({
      name: "cat",
      x: 25,
      y: 15,
      width: 5,
      height: 5,
    });
    expect(spanned("cat", [5, 5], [5.5, 9], shape)).toBeUndefined();
    expect(central("dog", shape)).toEqual({ name: "dog", x: 7.5, y: 5, width: 15, height: 10 });
  });

  it("have the numbers of their classes", () => {
    expect(numbered([box, { ...box, name: "dog" }], ["dog", "cat"]).map(({ label }) => label)).toEqual([
      1, 0,
    ]);
    expect(numbered([box], ["dog"])[0]?.label).toBe(1);
  });
});

it("a further class has a name of its own, that is not too long", () => {
  const taken = ["RBC", "Platelets"];
  expect(problemOfName("Schistocyte", taken)).toBe("");
  expect(problemOfName("x".repeat(LONGEST_NAME), taken)).toBe("");
  expect(problemOfName("", taken)).toBe("Give the class a name.");
  expect(problemOfName("rbc", taken)).toBe("There is already a class called RBC. Choose another name.");
  expect(problemOfName("x".repeat(81), taken)).toBe("The name has 81 characters, expected at most 80.");
});
