import { describe, expect, it } from "vitest";
import { isNested, toWireAnswers, toWireArray, toWireTargets, toWireWeights } from "./arrays.js";

describe("toWireArray", () => {
  it("keeps bytes as bytes", () => {
    expect(toWireArray(Uint8ClampedArray.of(1, 255), "x").data).toEqual(Uint8Array.of(1, 255));
  });

  it("turns other numbers into f32", () => {
    expect(toWireArray(Float64Array.of(1.5, -2), "x").data).toEqual(Float32Array.of(1.5, -2));
  });

  it("copies, so that the program keeps its array", () => {
    const mine = Uint8Array.of(1);
    expect(toWireArray(mine, "x").data.buffer).not.toBe(mine.buffer);
  });

  it("finds the shape of nested arrays", () => {
    expect(
      toWireArray(
        [
          [[1], [2]],
          [[3], [4]],
        ],
        "x",
      ),
    ).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2, 1] });
  });

  it.each([
    ["rows of different lengths", [[1, 2], [3]]],
    ["a row that is a number", [[1], 2]],
    ["a number that is a row", [1, [2]]],
    ["something that is no number", [[1], ["2"]]],
  ])("refuses %s", (_, value) => {
    expect(() => toWireArray(value as number[][], "x")).toThrow(/^x: the nested arrays are not of one size/);
  });

  it("refuses a shape that counts other numbers", () => {
    expect(() => toWireArray({ data: new Uint8Array(5), shape: [2, 3] }, "x")).toThrow(
      "x: the shape [2, 3] counts 6 numbers, found 5.",
    );
  });

  it("refuses a shape that is none", () => {
    expect(() => toWireArray({ data: new Uint8Array(4), shape: [-2, -2] }, "x")).toThrow(
      /expected one or more integers/,
    );
  });
});

describe("toWireTargets", () => {
  it("takes whole numbers for classes", () => {
    expect(toWireTargets(Uint8Array.of(3, 1), 2)).toEqual({ classes: Uint32Array.of(3, 1) });
    expect(toWireTargets([0, 2], 2)).toEqual({ classes: Uint32Array.of(0, 2) });
  });

  it("takes measured numbers for values, one a sample", () => {
    const dense = { data: Float32Array.of(0.5, 2), shape: [2, 1] };
    expect(toWireTargets(Float32Array.of(0.5, 2), 2)).toEqual({ dense });
    expect(toWireTargets([0.5, 2], 2)).toEqual({ dense });
  });

  it("takes rows for values", () => {
    expect(
      toWireTargets(
        [
          [1, 0],
          [0, 1],
        ],
        2,
      ),
    ).toEqual({ dense: { data: Float32Array.of(1, 0, 0, 1), shape: [2, 2] } });
  });

  it("refuses a class below 0", () => {
    expect(() => toWireTargets(Int32Array.of(0, -1), 2)).toThrow(
      "y: target 1 is -1, expected a class number",
    );
  });

  it("refuses more or fewer targets than samples", () => {
    expect(() => toWireTargets([1, 2, 3], 2)).toThrow(
      "y: holds 3 targets, expected one for each of the 2 samples.",
    );
  });
});

describe("isNested", () => {
  it.each([
    [[[1, 2]], true],
    [[], true],
    [["a"], false],
    [new Float32Array(2), false],
  ])("of %j is %s", (value, expected) => {
    expect(isNested(value)).toBe(expected);
  });
});

describe("toWireAnswers", () => {
  const digits = { classes: Uint32Array.of(3, 1) };
  const sizes = { dense: { data: Float32Array.of(0.5, 2), shape: [2, 1] } };

  it("takes the targets of one output", () => {
    expect(toWireAnswers(Uint8Array.of(3, 1), 2)).toEqual({ targets: [digits] });
    expect(toWireAnswers([[0.5], [2]], 2)).toEqual({ targets: [sizes] });
  });

  it("takes those of several, by name or in a list", () => {
    const y = { digit: [3, 1], size: [0.5, 2] };
    expect(toWireAnswers(y, 2)).toEqual({ targets: [digits, sizes], names: ["digit", "size"] });
    const list = [Uint8Array.of(3, 1), { data: Float32Array.of(0.5, 2), shape: [2, 1] }];
    expect(toWireAnswers(list, 2)).toEqual({ targets: [digits, sizes] });
  });

  it("says of which output what is wrong", () => {
    expect(() => toWireAnswers({ digit: [3, 1], size: [1] }, 2)).toThrow(/^y\.size: holds 1 targets/);
    expect(() => toWireAnswers({ digit: "3" as never }, 1)).toThrow(/^y: the targets of "digit" are no/);
    expect(() => toWireAnswers({}, 1)).toThrow(/^y: found the targets of no output/);
  });
});

describe("toWireWeights", () => {
  it("wants one a sample, or as many for each", () => {
    expect(toWireWeights([1, 0.5], 2)).toEqual(Float32Array.of(1, 0.5));
    expect(toWireWeights([1, 0.5, 0, 2], 2)).toEqual(Float32Array.of(1, 0.5, 0, 2));
    for (const wrong of [[], [1], [1, 2, 3]]) {
      expect(() => toWireWeights(wrong, 2)).toThrow(/^sampleWeight: holds \d weights/);
    }
  });
});
