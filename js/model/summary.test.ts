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
        frozen: true,
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
      "Layer                 Output shape  Parameters",
      "--------------------------------------",
      "conv (conv2d)         [24, 24, 8]          208",
      "wide (dense, frozen)  units is 0             0",
      "--------------------------------------",
      "Parameters: 12,345 (12,340 trained)",
      "Multiply-adds a sample: 1,000,000",
    ].map((line) => line.replace(/^-+$/, "-".repeat(46))),
  );
});

it("says how a plan computes each layer", () => {
  const layer = (name: string, type: string) => ({
    name,
    type,
    outputShape: [4],
    outputElements: 4,
    parameters: 8,
    trainable: 8,
    multiplyAdds: 16,
  });
  const report = {
    layers: [layer("conv", "conv2d"), layer("norm", "batchNormalization"), layer("flat", "flatten")],
    parameters: 24,
    trainable: 24,
    multiplyAdds: 48,
  };
  const planned = (name: string, kernels: string[], bufferBytes: number, scratchBytes: number) => ({
    name,
    kernels,
    bufferBytes,
    scratchBytes,
  });
  const text = summaryOf("digits", report, {
    batchSize: 32,
    training: false,
    bytes: 3 << 20,
    buffers: [1 << 20, 1 << 10],
    layers: [
      planned("conv", ["implicit-gemm", "tanh"], 1 << 20, 512),
      { ...planned("norm", [], 0, 0), fusedInto: "conv" },
      planned("flat", [], 0, 0),
    ],
  });
  expect(text.split("\n").slice(2)).toEqual(
    [
      "Layer                      Output shape  Parameters   Output  Scratch  Kernel",
      "-",
      "conv (conv2d)              [4]                    8  1.0 MiB  0.5 KiB  implicit-gemm, tanh",
      "norm (batchNormalization)  [4]                    8                    in conv",
      "flat (flatten)             [4]                    8                    view",
      "-",
      "Parameters: 24 (24 trained)",
      "Multiply-adds a sample: 48",
      "Prediction of 32 samples: 3.0 MiB, of which 2 shared buffers take 1.0 MiB",
    ].map((line) => line.replace(/^-$/, "-".repeat(90))),
  );
});
