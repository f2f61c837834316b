import type { NodeSpec } from "tabgrad";
import { expect, it } from "vitest";
import { featureLayers } from "./feature-layers";

/** Only the kind of a layer counts here. */
const node = (name: string, type: string, input: string) =>
  ({ name, layer: { type }, inputs: [input] }) as unknown as NodeSpec;

it("shows the first two convolutions after what follows them directly", () => {
  const nodes = [
    node("c1", "conv2d", "input"),
    node("n1", "batchNormalization", "c1"),
    node("a1", "activation", "n1"),
    node("c2", "conv2d", "a1"),
    node("p", "maxPooling2d", "c2"),
    node("c3", "conv2d", "p"),
  ];
  const shown = featureLayers({
    seed: 1,
    inputs: [{ name: "input", shape: [8, 8, 1] }],
    nodes,
    outputs: ["c3"],
  });
  expect(shown.map(({ node }) => node)).toEqual(["a1", "c2"]);
});

it("stops where a convolution branches", () => {
  const nodes = [node("c1", "conv2d", "input"), node("a", "activation", "c1"), node("b", "activation", "c1")];
  const shown = featureLayers({
    seed: 1,
    inputs: [{ name: "input", shape: [8, 8, 1] }],
    nodes,
    outputs: ["a", "b"],
  });
  expect(shown.map(({ node }) => node)).toEqual(["c1"]);
});
