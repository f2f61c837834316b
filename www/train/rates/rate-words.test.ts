import { describe, expect, it } from "vitest";
import { described, fewText, lossBounds, rateCurve, rateText, testedRates, verdict } from "./rate-words";

const test = {
  learningRates: [1e-6, 1e-4, 1e-2, 1],
  losses: [2.3, 2.2, 0.5, Number.NaN],
  smoothed: [2.3, 2.25, 1.2, 9],
  suggestion: 0.004217,
};

it("says rates as they are typed", () => {
  expect([0.004217, 1, 8, 1e-6, 3.16e-5, 0.0001, 1000].map(rateText)).toEqual([
    "0.0042",
    "1",
    "8",
    "1e-6",
    "3.2e-5",
    "0.0001",
    "1000",
  ]);
});

it("tests three powers of ten to either side of the usual rate", () => {
  expect(testedRates(0.001)).toEqual({ from: 1e-6, to: 1 });
  expect(testedRates(0.002)).toEqual({ from: 1e-6, to: 10 });
  expect(testedRates(1)).toEqual({ from: 1e-3, to: 1e3 });
});

describe("a test", () => {
  it("is drawn in the unit of the settings, without what is no number", () => {
    const curve = rateCurve(test, 0.01, 4);
    expect(curve.rates.map((rate) => Number(rate.toPrecision(6)))).toEqual([1e-4, 1e-2, 1, 100]);
    expect(curve.losses).toEqual([2.3, 2.2, 0.5, null]);
    expect(curve).toMatchObject({ suggestion: 0.42, exploded: false });
  });

  it("ends in a rate", () => {
    const curve = rateCurve(test, 1, 150);
    expect(verdict(curve)).toBe("The loss falls fastest at 0.0042.");
    expect(described(curve)).toBe(
      "Loss against the learning rate: 2.300 at 1e-6, fastest down at 0.0042, least 1.200 at 0.01, 9.000 at 1, where it exploded",
    );
  });

  it("ends in none, and says what to do", () => {
    const none = { ...test, suggestion: undefined };
    expect(verdict(rateCurve(none, 1, 150))).toMatch(
      /^The loss did not fall at any rate from 1e-6 to 1, where it exploded\. Try/,
    );
    expect(verdict(rateCurve(none, 1, 4))).toMatch(/^The loss did not fall at any rate from 1e-6 to 1\. See/);
  });

  it("is a rough one where samples are few", () => {
    expect(fewText(60_000, 128, 150, "images")).toBe("");
    expect(fewText(200, 32, 150, "images")).toBe(
      "Only 200 images to train on: each was seen 24 times, so take the rate as a rough one.",
    );
    expect(fewText(20, 128, 150, "rows")).toMatch(/^Only 20 rows to train on: each was seen 150 times/);
  });

  it("shows what fell and not how far it exploded", () => {
    const smoothed = [2.3, 2.2, 0.5, null, 1e6];
    const [low, high] = lossBounds({ losses: [2.3, 2.1, 0.2, null, 1e9], smoothed });
    expect(low).toBeLessThan(0.2);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeGreaterThan(2.3);
    expect(high).toBeLessThan(6);
    expect(lossBounds({ losses: [], smoothed: [] })).toEqual([0, 1]);
    const [same, above] = lossBounds({ losses: [1, 1], smoothed: [1, 1] });
    expect(above).toBeGreaterThan(same);
  });
});
