import { expect, it } from "vitest";
import { scaleOf } from "../../data/answer";
import { furthestOff, reportOf } from "./estimates";

it("measures estimates in the unit of the targets", () => {
  const report = reportOf([1, 2, 3, 6], [1, 4, 3, 5]);
  expect(report.mae).toBeCloseTo(3 / 4);
  expect(report.rmse).toBeCloseTo(Math.sqrt(5 / 4));
  // The targets' mean is 3, and the squared differences from it sum up to 14.
  expect(report.spread).toBeCloseTo(Math.sqrt(14 / 4));
  expect(report.r2).toBeCloseTo(1 - 5 / 14);
  expect(furthestOff(report)).toEqual([1, 3, 0, 2]);
  expect(reportOf([2, 2], [2, 1]).r2).toBeNaN();
});

it("scales by deviations from the mean, and leaves alone what does not differ", () => {
  expect(scaleOf([1, 2, 3, 6])).toEqual({ mean: 3, deviation: 1.87083 });
  expect(scaleOf([5, 5])).toEqual({ mean: 5, deviation: 1 });
  expect(scaleOf([])).toEqual({ mean: 0, deviation: 1 });
});
