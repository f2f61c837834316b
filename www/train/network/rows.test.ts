import { describe, expect, it } from "vitest";
import type { EditedLayer } from "./presets";
import { type EditorLayer, firstJoin, INPUT, layersOf, nodesOf, rowProblem, rowsOf } from "./rows";

let last = 0;
const rows = (...layers: EditedLayer[]): EditorLayer[] => rowsOf(layers, () => ++last);
const relu: EditedLayer = { type: "activation", activation: "relu" };

/** A convolution whose input is added to its output. */
const residual = (): EditorLayer[] =>
  rows(
    { type: "conv2d", filters: 8, node: { id: 1 } },
    { ...relu, node: { id: 2, from: INPUT } },
    { type: "add", node: { joins: [1] } },
  );

describe("rows", () => {
  it("take numbers of their own, and go on taking each other", () => {
    const [conv, act, add] = residual();
    expect(conv?.layer).toEqual({ type: "conv2d", filters: 8 });
    expect(act?.layer.node).toEqual({ from: INPUT });
    expect(add?.layer.node).toEqual({ joins: [conv?.id] });
    const again = rows(...layersOf([conv, act, add] as EditorLayer[]));
    expect(again[2]?.layer.node).toEqual({ joins: [again[0]?.id] });
    expect(again[0]?.id).not.toBe(conv?.id);
  });

  it("become nodes", () => {
    expect(nodesOf(residual(), "input")).toEqual([
      { name: "conv2d_1", layer: { type: "conv2d", filters: 8 }, inputs: ["input"] },
      { name: "activation_1", layer: relu, inputs: ["input"] },
      { name: "add_1", layer: { type: "add" }, inputs: ["activation_1", "conv2d_1"] },
    ]);
  });

  it("say what they take that is not above them", () => {
    const [conv, act, add] = residual() as [EditorLayer, EditorLayer, EditorLayer];
    expect(rowProblem([conv, act, add], 2)).toBe("");
    expect(rowProblem([act, add], 1)).toBe("It takes a layer that was removed. Choose another one below.");
    expect(rowProblem([act, add, conv], 1)).toMatch(/^It takes layer 3, which is not above it\./);
    // What cannot be taken is left out, so that the rest is still looked at.
    expect(nodesOf([act, add], "input")[1]?.inputs).toEqual(["activation_1"]);
    // A row that is gone stays gone after a reload.
    const kept = rows(...layersOf([act, add]));
    expect(rowProblem(kept, 1)).toMatch(/removed/);
  });

  it("have the names that they were given, and others by their kinds", () => {
    const names = nodesOf(rows({ ...relu, node: { name: "activation_1" } }, relu, relu), "input");
    expect(names.map(({ name }) => name)).toEqual(["activation_1", "activation_2", "activation_3"]);
    const problem = rowProblem(rows({ ...relu, node: { name: "a/b" } }), 0);
    expect(problem).toBe("The name is a/b. Choose one without a slash.");
  });

  it("say how their weights are trained", () => {
    const node = { frozen: true, l2: 0.1, maxNorm: 2 };
    const [dense, lstm, flat] = nodesOf(
      rows(
        { type: "dense", units: 2, node },
        { type: "lstm", units: 2, node: { l1: 0.5 } },
        { type: "flatten", node },
      ),
      "input",
    );
    expect(dense).toMatchObject({
      trainable: false,
      regularizers: { kernel: { l1: 0, l2: 0.1 } },
      constraints: { kernel: { maxNorm: 2 } },
    });
    expect(lstm?.regularizers).toEqual({
      kernel: { l1: 0.5, l2: 0 },
      recurrentKernel: { l1: 0.5, l2: 0 },
    });
    expect(lstm).not.toHaveProperty("constraints");
    expect(flat).not.toHaveProperty("regularizers");
    const problem = rowProblem(rows({ type: "dense", node: { l1: -1 } }), 0);
    expect(problem).toBe("L1 penalty: Expected a number from 0, such as 0.0001.");
  });
});

it("joins the last layer of the same shape first", () => {
  const list = rows(relu, relu, relu, relu);
  const shapes = [[4], [8], [8], [4]];
  const shapeOf = (i: number) => shapes[i];
  expect(firstJoin(list, shapeOf, 4)).toBe(list[0]?.id);
  expect(firstJoin(list, shapeOf, 3)).toBe(list[1]?.id);
  expect(firstJoin(list, shapeOf, 2)).toBe(list[0]?.id);
  expect(firstJoin(list, shapeOf, 1)).toBe(INPUT);
});
