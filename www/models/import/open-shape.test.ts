import { expect, it } from "vitest";
import { openShapeOf, sizeNames, sizeOf } from "./open-shape";

it("finds the sizes that an error says are open", () => {
  const said = (shape: string) =>
    `input "in" has the shape ${shape}, expected sizes behind the batch: what the file leaves open must be given`;
  expect(openShapeOf(said("[null,null,null,3]"))).toEqual({ input: "in", sizes: [null, null, 3] });
  expect(openShapeOf(`Keras: ${said("[null,null]")}`)).toEqual({ input: "in", sizes: [null] });
  expect(openShapeOf(said("none"))).toBeUndefined();
  expect(openShapeOf("conv: the shape [null,2] is wrong")).toBeUndefined();
});

it("takes whole numbers from 1 on as sizes", () => {
  expect([" 32 ", "1", "0", "-3", "1.5", "", "1e3", "70000"].map(sizeOf)).toEqual([
    32,
    1,
    ...Array(6).fill(undefined),
  ]);
});

it("has a name for each size", () => {
  expect(sizeNames(3)).toEqual(["Height", "Width", "Channels"]);
  expect(sizeNames(4)).toHaveLength(4);
});
