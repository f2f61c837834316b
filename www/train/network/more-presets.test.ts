import { presets as packaged } from "tabgrad/presets";
import { describe, expect, it } from "vitest";
import { settingsOf } from "../settings/preset-recipe";
import { compiledWith } from "../settings/recipe";
import { listed, morePresets } from "./more-presets";
import { nodesOf, rowProblem, rowsOf } from "./rows";

const answer = { classes: 10 };
const rowsWith = (layers: ReturnType<typeof listed>) => {
  let id = 0;
  return rowsOf(layers, () => ++id);
};

describe("a graph as a list", () => {
  it.each([
    ["resnet8", packaged.resnet8()],
    ["textCnn", packaged.textCnn({ classes: 10 })],
  ] as const)("is the same graph: %s", (_, preset) => {
    const rows = rowsWith(listed(preset, answer));
    expect(rows.map((_, index) => rowProblem(rows, index)).join("")).toBe("");
    // By place, since names are others.
    const nodes = nodesOf(rows, "input");
    const places = (list: readonly { name: string }[]) => new Map(list.map(({ name }, i) => [name, i]));
    const takes = (list: typeof nodes) => {
      const at = places(list);
      return list.map(({ layer, inputs }) => [layer.type, ...inputs.map((name) => at.get(name) ?? "input")]);
    };
    const { nodes: own } = preset.spec;
    // The page has the softmax of the end as a layer of its own.
    expect(takes(nodes)).toEqual([...takes(own), ["activation", own.length - 1]]);
  });
});

describe("a recipe", () => {
  it.each([
    ["cifarFast", packaged.cifarFast()],
    ["mnistCnn", packaged.mnistCnn()],
    ["resnet8", packaged.resnet8()],
    ["lenet", packaged.lenet()],
  ] as const)("of the package trains the same: %s", (_, { compile, fit }) => {
    const run = settingsOf({ compile, fit });
    expect([run.epochs, run.batchSize]).toEqual([fit.epochs, fit.batchSize]);
    const { optimizer, loss } = compiledWith(run, answer, 10_000);
    expect(loss).toEqual(compile.loss);
    const { others, ...wanted } = compile.optimizer as { others?: object; learningRate: object };
    expect(optimizer).toMatchObject({ ...wanted, learningRate: wanted.learningRate });
    if (others)
      expect((optimizer as { others: object }).others).toEqual({
        ...others,
        learningRate: expect.closeTo(0.15, 9),
      });
  });

  it("has no attributes that go without saying", () => {
    expect(settingsOf(packaged.lenet())).not.toHaveProperty("attributes");
    expect(settingsOf(packaged.mnistCnn()).attributes).toEqual({ adamw: { weightDecay: 0.01 } });
  });

  it("of each preset is one", () => {
    for (const { id, run } of morePresets) expect(run.learningRate, id).toBeGreaterThan(0);
  });
});
