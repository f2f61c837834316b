import { describe, expect, it } from "vitest";
import { affineOf, kindOf, kinds, moved, nameOf, Statistics, settingsOf } from "./pipeline";

describe("the steps of a pipeline", () => {
  it("are said in words", () => {
    expect(nameOf({ type: "grayscale" })).toBe("Grey");
    expect(nameOf({ type: "of tomorrow" })).toBe("of tomorrow");
    expect(settingsOf({ type: "resize", height: 32, width: 24, fit: "contain" })).toBe(
      "height 32, width 24, is kept, on black",
    );
    expect(settingsOf({ type: "normalize", mean: [0.1307], std: [0.30811] })).toBe(
      "mean 0.1307, deviation 0.3081",
    );
    expect(settingsOf({ type: "grayscale" })).toBe("");
  });

  it("have the settings that they are added with", () => {
    for (const { type, fields, initial } of kinds) {
      expect(fields.map(({ key }) => key)).toEqual(expect.arrayContaining(Object.keys(initial)));
      expect(kindOf({ type })?.type).toBe(type);
    }
  });

  it("are put elsewhere", () => {
    const steps = ["a", "b", "c"].map((type) => ({ type }));
    expect(moved(steps, 0, 2).map(({ type }) => type)).toEqual(["b", "c", "a"]);
    expect(moved(steps, 2, 1).map(({ type }) => type)).toEqual(["a", "c", "b"]);
  });

  it("come to a factor and an offset for each channel", () => {
    const steps = [
      { type: "scale", factor: 0.5 },
      { type: "normalize", mean: [1, 2], std: [2, 4] },
    ];
    // x -> (x / 2 - mean) / std
    expect(affineOf(steps, 2)).toEqual([
      { factor: 0.25, offset: -0.5 },
      { factor: 0.125, offset: -0.5 },
    ]);
    expect(affineOf([], 1)).toEqual([{ factor: 1, offset: 0 }]);
  });
});

it("mean and deviation are those of all samples, channel by channel, after the steps before", () => {
  const statistics = new Statistics(2);
  statistics.add([0, 10, 2, 10]);
  statistics.add([4, 10, 6, 10]);
  const [first, second] = affineOf([{ type: "scale", factor: 0.5 }], 2);
  const { mean, std } = statistics.after([first, second] as NonNullable<typeof first>[]);
  expect(mean).toEqual([1.5, 5]);
  // The deviation of 0, 2, 4, 6 is the root of 5; the other channel is constant.
  expect(std[0]).toBeCloseTo(Math.sqrt(5) / 2, 5);
  expect(std[1]).toBe(1);
});
