import { expect, it } from "vitest";
import { asNodeSettings, noted } from "./node-settings";

it("are read as they were kept, without what is none", () => {
  const kept = { id: 3, from: 0, joins: [1, 2], name: "stem", frozen: true, l1: 0.1, l2: 0, maxNorm: 3 };
  expect(asNodeSettings(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
  for (const value of [
    undefined,
    null,
    3,
    "x",
    { id: 1.5, joins: ["a"], name: " ", frozen: "yes", l1: -1 },
  ]) {
    expect(asNodeSettings(value)).toEqual({});
  }
});

it("are said in short", () => {
  expect(noted({ name: "stem", frozen: true, l2: 0.0001 }).join(", ")).toBe("stem, frozen, L2 0.0001");
  expect(noted({})).toEqual([]);
});
