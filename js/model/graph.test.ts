import { describe, expect, it } from "vitest";
import {
  type GraphOptions,
  graphDesign,
  input,
  Layer,
  type SequentialOptions,
  sequentialDesign,
} from "./graph.js";
import { layers } from "./layers.js";
import { constraints, regularizers } from "./limits.js";

const sequentialSpec = (options: SequentialOptions) => sequentialDesign(options).spec;
const graphSpec = (options: GraphOptions) => graphDesign(options).spec;

describe("sequentialSpec", () => {
  it("names layers by kind and number", () => {
    const spec = sequentialSpec({
      inputShape: [8, 8, 1],
      seed: 7,
      layers: [
        layers.conv2d({ filters: 2, kernelSize: 3 }),
        layers.conv2d({ filters: 4, kernelSize: 3 }),
        layers.flatten(),
        layers.dense({ units: 3, name: "head" }),
      ],
    });
    expect(spec).toEqual({
      seed: 7,
      inputs: [{ name: "input", shape: [8, 8, 1] }],
      nodes: [
        { name: "conv2d", layer: { type: "conv2d", filters: 2, kernelSize: 3 }, inputs: ["input"] },
        { name: "conv2d_1", layer: { type: "conv2d", filters: 4, kernelSize: 3 }, inputs: ["conv2d"] },
        { name: "flatten", layer: { type: "flatten" }, inputs: ["conv2d_1"] },
        { name: "head", layer: { type: "dense", units: 3 }, inputs: ["flatten"] },
      ],
      outputs: ["head"],
    });
  });

  it("says what is frozen, penalised and limited, and nothing where nothing is", () => {
    const kernel = layers.dense({ units: 2, kernelRegularizer: regularizers.l2(0.5) });
    const frozen = layers.depthwiseConv2d({
      kernelSize: 3,
      trainable: false,
      depthwiseConstraint: constraints.maxNorm({ axis: 0 }),
    });
    const later = layers.batchNormalization({ gammaRegularizer: undefined });
    later.trainable = false;
    const settings = [kernel, frozen, later, layers.flatten()].map(({ settings }) => settings);
    expect(settings).toEqual([
      { regularizers: { kernel: { l2: 0.5 } } },
      { trainable: false, constraints: { kernel: { maxNorm: 2, axis: [0] } } },
      { trainable: false },
      {},
    ]);
    const { nodes } = sequentialSpec({ inputShape: [3], layers: [kernel] });
    expect(nodes[0]).toEqual({
      name: "dense",
      layer: { type: "dense", units: 2 },
      inputs: ["input"],
      regularizers: { kernel: { l2: 0.5 } },
    });
  });

  it("knows parameters by their names in Keras", () => {
    const l2 = regularizers.l2(0.5);
    const norm = constraints.maxNorm();
    const recurrent = { recurrentRegularizer: l2, recurrentConstraint: norm };
    const made = [
      layers.simpleRnn({ units: 2, ...recurrent }),
      layers.lstm({ units: 2, ...recurrent }),
      layers.gru({ units: 2, ...recurrent, recurrentKernelRegularizer: undefined }),
      layers.separableConv2d({
        filters: 2,
        kernelSize: 3,
        depthwiseRegularizer: l2,
        pointwiseRegularizer: l2,
        depthwiseConstraint: norm,
        pointwiseConstraint: norm,
        biasRegularizer: l2,
      }),
    ];
    const ofRecurrent = { regularizers: { recurrentKernel: l2 }, constraints: { recurrentKernel: norm } };
    expect(made.map(({ settings }) => settings)).toEqual([
      ofRecurrent,
      ofRecurrent,
      ofRecurrent,
      {
        regularizers: { depthwiseKernel: l2, pointwiseKernel: l2, bias: l2 },
        constraints: { depthwiseKernel: norm, pointwiseKernel: norm },
      },
    ]);
  });

  it("says of all projections of attention what is said of its kernel, and of one what is said of that", () => {
    const all = regularizers.l2(0.5);
    const one = regularizers.l1(0.1);
    const expected = { queryKernel: one, keyKernel: all, valueKernel: all, outputKernel: all };
    const { settings } = layers.multiHeadAttention({
      numHeads: 2,
      keyDim: 3,
      queryKernelRegularizer: one,
      kernelRegularizer: all,
      biasConstraint: constraints.maxNorm(),
    });
    expect(settings.regularizers).toEqual(expected);
    expect(Object.keys(settings.constraints ?? {})).toEqual([
      "queryBias",
      "keyBias",
      "valueBias",
      "outputBias",
    ]);
    const other = layers.multiHeadAttention({
      numHeads: 2,
      keyDim: 3,
      kernelRegularizer: all,
      queryKernelRegularizer: one,
    });
    expect(other.settings).toEqual({ regularizers: expected });
  });

  it("forbids Winograd's algorithm where it is told to", () => {
    const dense = { inputShape: [4], layers: [layers.dense({ units: 2 })] };
    expect(sequentialSpec(dense)).not.toHaveProperty("winograd");
    expect(sequentialSpec({ ...dense, winograd: false }).winograd).toBe(false);
  });

  it("leaves names that the program gave to the program", () => {
    const spec = sequentialSpec({
      inputShape: [4],
      layers: [layers.flatten(), layers.flatten({ name: "flatten" })],
    });
    expect(spec.nodes.map(({ name }) => name)).toEqual(["flatten_1", "flatten"]);
  });
});

describe("graphSpec", () => {
  it("puts each layer after what it needs, once", () => {
    const x = input({ shape: [4], name: "x" });
    const a = layers.dense({ units: 4, name: "a" }).apply(x);
    const b = layers.dense({ units: 4, name: "b" }).apply(a);
    const sum = layers.add({ name: "sum" }).apply([a, b]);
    const spec = graphSpec({ inputs: x, outputs: [sum, a] });
    expect(spec.nodes.map(({ name, inputs }) => [name, inputs])).toEqual([
      ["a", ["x"]],
      ["b", ["a"]],
      ["sum", ["a", "b"]],
    ]);
    expect(spec.outputs).toEqual(["sum", "a"]);
  });

  it("takes chains deeper than the call stack", () => {
    let node = input({ shape: [1] });
    const start = node;
    for (let i = 0; i < 20_000; i += 1) node = new Layer({ type: "flatten" }, undefined).apply(node);
    expect(graphSpec({ inputs: start, outputs: node }).nodes).toHaveLength(20_000);
  });

  it("refuses an input that is not among the inputs", () => {
    const x = input({ shape: [4], name: "x" });
    const y = input({ shape: [4], name: "y" });
    const sum = layers.add().apply([x, y]);
    expect(() => graphSpec({ inputs: x, outputs: sum })).toThrow(/need the input "y", which is not among/);
  });

  it("refuses a layer's output as an input", () => {
    const x = input({ shape: [4] });
    const a = layers.flatten().apply(x);
    expect(() => graphSpec({ inputs: a, outputs: layers.flatten().apply(a) })).toThrow(/expected input\(\)/);
  });

  it("refuses a name that is used twice", () => {
    const x = input({ shape: [4], name: "x" });
    expect(() => graphSpec({ inputs: x, outputs: layers.flatten({ name: "x" }).apply(x) })).toThrow(
      'the name "x" is used twice',
    );
  });
});

describe("a layer's name", () => {
  it("has no slash, which stands between layer and parameter", () => {
    const x = input({ shape: [4], name: "left/x" });
    const named = () => layers.dense({ units: 2, name: "left/dense" }).apply(x);
    expect(named).toThrow(expect.objectContaining({ name: "TabgradError", code: "argument" }));
    expect(named).toThrow('the layer\'s name "left/dense" has a "/"');
  });
});

describe("a layer inside of another", () => {
  const l2 = regularizers.l2(0.5);
  const norm = constraints.maxNorm();

  it("is penalised, limited and frozen in both directions", () => {
    const inner = layers.lstm({
      units: 2,
      kernelRegularizer: l2,
      recurrentConstraint: norm,
      biasRegularizer: l2,
      trainable: false,
    });
    const both = layers.bidirectional({ layer: inner });
    expect(both.spec).toEqual({ type: "bidirectional", layer: { type: "lstm", units: 2 } });
    expect(both.settings).toEqual({
      trainable: false,
      regularizers: { forwardKernel: l2, backwardKernel: l2, forwardBias: l2, backwardBias: l2 },
      constraints: { forwardRecurrentKernel: norm, backwardRecurrentKernel: norm },
    });
  });

  it("is so at every step, under the names of its own", () => {
    const dense = layers.dense({ units: 2, kernelRegularizer: l2, biasConstraint: norm });
    const settings = { regularizers: { kernel: l2 }, constraints: { bias: norm } };
    expect(layers.timeDistributed({ layer: dense }).settings).toEqual(settings);
    const twice = layers.timeDistributed({ layer: layers.timeDistributed({ layer: dense }) });
    expect(twice.settings).toEqual(settings);
    expect(twice.spec).toMatchObject({ layer: { type: "timeDistributed", layer: { type: "dense" } } });
  });

  it("leaves to the one around it what is said there", () => {
    const own = regularizers.l1(0.1);
    const layer = layers.gru({ units: 2, kernelRegularizer: l2 });
    for (const both of [
      layers.bidirectional({ layer, backwardKernelRegularizer: own, trainable: false }),
      layers.bidirectional({ backwardKernelRegularizer: own, trainable: false, layer }),
    ]) {
      expect(both.settings).toEqual({
        trainable: false,
        regularizers: { forwardKernel: l2, backwardKernel: own },
      });
    }
    expect(layer.settings).toEqual({ regularizers: { kernel: l2 } });
    const spec = layers.bidirectional({ layer: { type: "gru", units: 2 }, name: "both" });
    expect([spec.name, spec.settings]).toEqual(["both", {}]);
  });

  it("has no name", () => {
    const named = () => layers.bidirectional({ layer: layers.lstm({ units: 2, name: "memory" }) });
    expect(named).toThrow(expect.objectContaining({ name: "TabgradError", code: "argument" }));
    expect(named).toThrow('bidirectional: the layer inside has the name "memory", expected none');
  });
});

describe("a layer that is applied again", () => {
  it("has the weights of its first place, under a name of its own", () => {
    const x = input({ shape: [4], name: "x" });
    const y = input({ shape: [4], name: "y" });
    const same = layers.dense({ units: 2, name: "same", kernelRegularizer: { l2: 0.1 } });
    const sum = layers.add().apply([same.apply(x), same.apply(y)]);
    const { nodes } = graphSpec({ inputs: [x, y], outputs: sum });
    expect(nodes.map(({ name, weightsOf }) => [name, weightsOf])).toEqual([
      ["same", undefined],
      ["same_1", "same"],
      ["add", undefined],
    ]);
    expect(nodes.map((node) => "regularizers" in node)).toEqual([true, false, false]);
  });
});
