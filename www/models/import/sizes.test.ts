import { expect, it } from "vitest";
import { sizeNames, sizeOf } from "./sizes";

it("takes whole numbers from 1 on as sizes", () => {
  expect([" 32 ", "1", "0", "-3", "1.5", "", "1e3", "70000"].map(sizeOf)).toEqual([
    32,
    1,
    ...Array(6).fill(undefined),
  ]);
});

it("has a name for each size", () => {
  expect(sizeNames(3)).toEqual(["Height", "Width", "Channels"]);
  expect(sizeNames(4)).toHaveLength(4);
});
