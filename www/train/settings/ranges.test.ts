import { describe, expect, it } from "vitest";
import { fits, positive, problemOf, share } from "./ranges";

describe("a range", () => {
  it("has its bounds, or not", () => {
    expect([0, 0.999, 1, -0.1].map((value) => fits(value, share))).toEqual([true, true, false, false]);
    expect([0, 1e-9, 1e30].map((value) => fits(value, positive))).toEqual([false, true, true]);
    expect([1, 2.5, 4, 5].map((value) => fits(value, { from: 1, to: 4, whole: true }))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it("holds nothing but numbers", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "1", undefined, true]) {
      expect(fits(value, { from: 0 })).toBe(false);
    }
  });

  it("says what it expected", () => {
    const said = (range: Parameters<typeof problemOf>[1]) => problemOf(Number.NaN, range);
    expect(said({ above: 0, such: 0.001 })).toBe("Expected a number above 0, such as 0.001.");
    expect(said({ ...share, such: 0.1 })).toBe("Expected a number from 0 to below 1, such as 0.1.");
    expect(said({ from: 1, to: 4096, whole: true })).toBe("Expected a whole number from 1 to 4,096.");
    expect(said({ above: 0, below: 1 })).toBe("Expected a number above 0 and below 1.");
    expect(said({ above: 0, to: 1 })).toBe("Expected a number above 0 and at most 1.");
    expect(said({ from: 0, whole: true })).toBe("Expected a whole number from 0.");
    expect(problemOf(0.5, share)).toBe("");
  });
});
