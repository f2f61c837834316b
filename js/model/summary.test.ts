import { expect, it } from "vitest";
import { summaryOf } from "./summary.js";

it("shows layers, shapes and parameters in columns", () => {
  const text = summaryOf("digits", {
    layers: [
      {
        name: "conv",
        type: "conv2d",
        outputShape: [24, 24, 8],
        outputElements: 4608,
        parameters: 208,
        trainable: 208,
        multiplyAdds: 115200,
      },
      {
        name: "wide",
        type: "dense",
        outputElements: 0,
        parameters: 0,
        trainable: 0,
        multiplyAdds: 0,
        error: "units is 0",
      },
    ],
    parameters: 12345,
    trainable: 12340,
    multiplyAdds: 1_000_000,
  });
  expect(text.split("\n")).toEqual(
    [
      'Model "digits"',
      "--------------------------------------",
      "Layer          Output shape  Parameters",
      "--------------------------------------",
      "conv (conv2d)  [24, 24, 8]          208",
      "wide (dense)   units is 0             0",
      "--------------------------------------",
      "Parameters: 12,345 (12,340 trained)",
      "Multiply-adds a sample: 1,000,000",
    ].map((line) => line.replace(/^-+$/, "-".repeat(39))),
  );
});
