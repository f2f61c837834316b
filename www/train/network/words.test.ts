import { expect, it } from "vitest";
import { summary, words } from "./words";

it("says names in words", () => {
  expect(words("globalMaxPooling2d")).toBe("global max pooling");
  expect(words("kernelSize")).toBe("kernel size");
});

it("sums a layer up by what says most", () => {
  expect(summary({ type: "conv2d", filters: 16, kernelSize: 5, strides: 2 })).toBe("16, 5 × 5, stride 2");
  expect(
    summary({ type: "conv2d", filters: 8, kernelSize: [3, 5], strides: [1, 1], activation: "relu" }),
  ).toBe("8, 3 × 5, ReLU");
  expect(summary({ type: "conv1d", filters: 4, kernelSize: 3, padding: "causal" })).toBe("4, 3, causal");
  expect(summary({ type: "upSampling2d", size: [2, 3], interpolation: "bilinear" })).toBe("2 × 3, bilinear");
  expect(summary({ type: "flatten" })).toBe("");
});
