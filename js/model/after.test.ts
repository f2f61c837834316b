import { describe, expect, it } from "vitest";
import type { ModelReport, ModelSpec } from "../types/specs.js";
import { partAfter } from "./after.js";
import { graphDesign, input } from "./graph.js";
import { layers } from "./layers.js";

/** A code of 3 numbers, a picture of them, and an output that also needs the input. */
function coder(): ModelSpec {
  const start = input({ shape: [6], name: "start" });
  const twice = layers.dense({ units: 3, name: "twice" });
  const code = twice.apply(layers.dense({ units: 3, name: "first" }).apply(start));
  const again = layers.activation({ activation: "relu", name: "again" }).apply(twice.apply(code));
  const picture = layers.dense({ units: 6, name: "picture" }).apply(twice.apply(again));
  const error = layers.subtract({ name: "error" }).apply([picture, start]);
  return graphDesign({ inputs: start, outputs: [error, picture], seed: 5 }).spec;
}

/** What is looked at of a report: every layer gives 3 numbers. */
function report({ nodes }: ModelSpec): ModelReport {
  return { layers: nodes.map(({ name }) => ({ name, outputShape: [3] })) } as ModelReport;
}

describe("what comes behind a layer", () => {
  it("is what follows from it alone, with the weights of layers that are in front, too", () => {
    const spec = coder();
    const part = partAfter(spec, report(spec), "twice");
    expect(part?.spec.inputs).toEqual([{ name: "twice", shape: [3] }]);
    expect(part?.spec.outputs).toEqual(["picture"]);
    expect(part?.spec.nodes.map(({ name, inputs, weightsOf }) => [name, inputs, weightsOf])).toEqual([
      ["twice_1", ["twice"], undefined],
      ["again", ["twice_1"], undefined],
      ["twice_2", ["again"], "twice_1"],
      ["picture", ["twice_2"], undefined],
    ]);
    expect(part?.layers).toEqual(["twice", "twice_1", "again", "again", "picture", "picture"]);
    expect(part?.spec.seed).toBe(5);
  });

  it("is nothing behind the last layer", () => {
    const spec = coder();
    expect(partAfter(spec, report(spec), "picture")).toBeUndefined();
    expect(partAfter(spec, report(spec), "error")).toBeUndefined();
  });
});
