import { expect, it } from "vitest";
import { ticks } from "./ticks";

it("finds round numbers", () => {
  expect(ticks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(ticks(-0.31, 0.72, 6)).toEqual([-0.2, 0, 0.2, 0.4, 0.6]);
  expect(ticks(25, 346, 5)).toEqual([100, 200, 300]);
  expect(ticks(1e-7, 9e-7, 5)).toEqual([2e-7, 4e-7, 6e-7, 8e-7]);
  expect(ticks(3, 3, 5)).toEqual([3]);
});
