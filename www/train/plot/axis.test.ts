import { expect, it } from "vitest";
import { epochLabel, epochTicks, powers } from "./axis";

it("marks whole epochs", () => {
  expect(epochTicks(3)).toEqual([0, 1, 2, 3]);
  expect(epochTicks(25)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24]);
  expect([0, 1, 2].map((epoch, i) => epochLabel(epoch, i, 3))).toEqual(["start", "epoch 1", "epoch 2"]);
  expect(epochLabel(4, 4, 9)).toBe("4");
});

it("marks powers of ten, as many as there is room for", () => {
  expect(powers(1e-6, 1, 9)).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
  expect(powers(1e-6, 1, 4)).toEqual([1e-6, 1e-4, 1e-2, 1]);
  expect(powers(2e-6, 0.5, 9)).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 0.1]);
  expect(powers(1e-3, 1000, 3)).toEqual([1e-3, 1, 1000]);
});
