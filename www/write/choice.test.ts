import { expect, test } from "vitest";
import { asChoice, batchSizeFor, defaults, epochsProblem, suggestedEpochs } from "./choice";

test("short texts are read more often than long ones, and in smaller steps", () => {
  expect([2000, 150_000, 1_000_000, 8_000_000].map(suggestedEpochs)).toEqual([40, 40, 6, 3]);
  expect([20, 200, 10_000].map(batchSizeFor)).toEqual([8, 16, 32]);
});

test("epochs that make no sense are refused in words", () => {
  expect([undefined, 1, 1000].map(epochsProblem)).toEqual(["", "", ""]);
  expect([0, 1.5, Number.NaN, 1001].map((value) => epochsProblem(value) === "")).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test("settings of an earlier version are taken as far as they go", () => {
  expect(asChoice({ kind: "lstm", size: "medium", temperature: 9, epochs: -1 })).toEqual({
    ...defaults,
    size: "medium",
  });
  expect(asChoice({ ...defaults, epochs: 12, prompt: "ROMEO:" })).toEqual({
    ...defaults,
    epochs: 12,
    prompt: "ROMEO:",
  });
  expect(asChoice("gru")).toBeUndefined();
});
