import { describe, expect, it } from "vitest";
import type { LayerSelection, Model } from "../types/model.js";
import type { ModelSpec } from "../types/specs.js";
import { applied, graphDesign, input, sequentialDesign } from "./graph.js";
import { layers } from "./layers.js";
import { chosenLayers, layerOf, layersOf, withTrainable } from "./transfer.js";

/** What `apply` and `base` look at of a model. */
function modelOf(spec: ModelSpec): Model {
  return { name: "base", spec } as Model;
}

function setTrainable(spec: ModelSpec, layers: LayerSelection, trainable: boolean): ModelSpec {
  return withTrainable(spec, chosenLayers(spec, layers), trainable);
}

/** A residual block: the sum needs a layer and what that layer leads to. */
function residual(): ModelSpec {
  const start = input({ shape: [4, 4, 2], name: "picture" });
  const first = layers.conv2d({ filters: 2, kernelSize: 3, padding: "same", trainable: false }).apply(start);
  const second = layers.conv2d({ filters: 2, kernelSize: 3, padding: "same" }).apply(first);
  const sum = layers.add({ name: "sum" }).apply([first, second]);
  return graphDesign({ inputs: start, outputs: sum, winograd: false }).spec;
}

describe("layers of a model", () => {
  it("are listed, and found by name", () => {
    const spec = residual();
    expect(layersOf(spec).map(({ name, type, trainable }) => [name, type, trainable])).toEqual([
      ["conv2d", "conv2d", false],
      ["conv2d_1", "conv2d", true],
      ["sum", "add", true],
    ]);
    expect(layerOf(spec, "sum").inputs).toEqual(["conv2d", "conv2d_1"]);
    expect(() => layerOf(spec, "pool")).toThrow(
      'The model has no layer "pool"; there are "conv2d", "conv2d_1", "sum"',
    );
  });

  it("are frozen by name, names or a function", () => {
    const spec = residual();
    const frozen = (spec: ModelSpec) =>
      layersOf(spec)
        .filter(({ trainable }) => !trainable)
        .map(({ name }) => name);
    expect(frozen(setTrainable(spec, "sum", false))).toEqual(["conv2d", "sum"]);
    expect(frozen(setTrainable(spec, ["conv2d"], true))).toEqual([]);
    expect(frozen(setTrainable(spec, ({ type }) => type === "conv2d", false))).toEqual([
      "conv2d",
      "conv2d_1",
    ]);
    expect(() => setTrainable(spec, ["conv2d", "dense"], false)).toThrow(/no layer "dense"/);
    // Written as if it had never been frozen.
    const again = setTrainable(setTrainable(spec, "sum", false), "sum", true);
    expect(again).toEqual(spec);
  });
});

describe("a model in another", () => {
  it("keeps names, order, what is frozen and where weights come from", () => {
    const base = modelOf(residual());
    const { spec, taken } = sequentialDesign({
      base,
      seed: 3,
      layers: [layers.flatten(), layers.conv2d({ filters: 1, kernelSize: 1 }), layers.dense({ units: 2 })],
    });
    expect(spec.inputs).toEqual([{ name: "picture", shape: [4, 4, 2] }]);
    expect(spec.nodes.map(({ name, inputs }) => [name, inputs])).toEqual([
      ["conv2d", ["picture"]],
      ["conv2d_1", ["conv2d"]],
      ["sum", ["conv2d", "conv2d_1"]],
      ["flatten", ["sum"]],
      ["conv2d_2", ["flatten"]],
      ["dense", ["conv2d_2"]],
    ]);
    expect(spec).toMatchObject({ seed: 3, winograd: false, outputs: ["dense"] });
    expect(layerOf(spec, "conv2d").trainable).toBe(false);
    expect([...taken]).toEqual(["conv2d", "conv2d_1", "sum"].map((layer) => [layer, { model: base, layer }]));
  });

  it("may be there twice, under other names", () => {
    const base = modelOf(residual());
    const start = input({ shape: [4, 4, 2] });
    const both = layers.concatenate().apply([applied(base, start, "a_"), applied(base, start, "b_")]);
    const { spec, taken } = graphDesign({ inputs: start, outputs: both });
    expect(spec.nodes.map(({ name }) => name)).toEqual([
      ...["a_conv2d", "a_conv2d_1", "a_sum"],
      ...["b_conv2d", "b_conv2d_1", "b_sum"],
      "concatenate",
    ]);
    // With the same weights, of which there is one copy.
    expect(spec.nodes.map(({ weightsOf }) => weightsOf)).toEqual([
      ...[undefined, undefined, undefined],
      ...["a_conv2d", "a_conv2d_1", "a_sum"],
      undefined,
    ]);
    expect([...taken.keys()]).toEqual(["a_conv2d", "a_conv2d_1", "a_sum"]);
    const other = modelOf(base.spec);
    const apart = layers.concatenate().apply([applied(base, start, "a_"), applied(other, start, "b_")]);
    expect(graphDesign({ inputs: start, outputs: apart }).taken.get("b_sum")?.model).toBe(other);
    const twice = layers.concatenate().apply([applied(base, start), applied(other, start)]);
    expect(() => graphDesign({ inputs: start, outputs: twice })).toThrow(/used twice/);
    expect(() => applied(base, start, "left/")).toThrow('the layer\'s name "left/conv2d" has a "/"');
  });

  it("takes as many inputs as it has, and gives one output", () => {
    const base = modelOf(residual());
    const start = input({ shape: [4, 4, 2] });
    expect(() => applied(base, [start, start])).toThrow('"base" takes 1 inputs, found 2');
    const two = modelOf({ ...residual(), outputs: ["conv2d", "sum"] });
    expect(() => applied(two, start)).toThrow(/2 outputs, expected one; cut it by upTo/);
    const circle = residual();
    const [first] = circle.nodes;
    if (first) first.inputs = ["sum"];
    expect(() => applied(modelOf(circle), start)).toThrow(/goes in a circle/);
  });
});
