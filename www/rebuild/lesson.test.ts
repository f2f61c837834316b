import { expect, it, vi } from "vitest";
import { chosenFor, shuffled } from "./lesson";

vi.mock("tabgrad", () => ({ data: {} }));

it("shuffles by a seed", () => {
  const order = shuffled(100, 5);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(order).toEqual(shuffled(100, 5));
  expect(order).not.toEqual(shuffled(100, 6));
});

it("goes through all pictures before any comes again", () => {
  const order = [4, 2, 0, 3, 1];
  expect(chosenFor(0, 3, order)).toEqual([4, 2, 0]);
  expect(chosenFor(1, 3, order)).toEqual([3, 1, 4]);
  expect(chosenFor(7, 9, order)).toEqual(order);
});
