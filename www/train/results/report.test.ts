import { expect, it } from "vitest";
import { cellSamples, type Report, worstErrors } from "./report";

const report: Report = {
  classNames: ["a", "b"],
  total: 5,
  accuracy: 0.4,
  loss: 1,
  logs: {},
  confusion: [
    [1, 2],
    [1, 1],
  ],
  perClass: [],
  macroF1: 0.4,
  labels: [0, 0, 0, 1, 1],
  predictions: [0, 1, 1, 0, 1],
  confidence: [0.9, 0.6, 0.8, 0.7, 0.5],
};

it("lists errors with the surest first", () => {
  expect(worstErrors(report)).toEqual([2, 3, 1]);
});

it("finds the samples of a cell", () => {
  expect(cellSamples(report, 0, 1)).toEqual([2, 1]);
  expect(cellSamples(report, 1, 1)).toEqual([4]);
});
