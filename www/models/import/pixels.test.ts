import { expect, it } from "vitest";
import { PIXELS, pixelsFor, pixelsOf } from "./pixels";

const model = (shape: number[], numeric: (typeof PIXELS)[number]["steps"]) =>
  ({
    spec: { inputs: [{ name: "image", shape }], nodes: [] },
    preprocessing: { image: [], numeric },
  }) as never;

it("knows the usual ways again after single precision", () => {
  for (const pixels of PIXELS) {
    const kept = JSON.parse(JSON.stringify(pixels.steps), (_, value) =>
      typeof value === "number" ? Math.fround(value) : value,
    );
    expect(pixelsOf(model([8, 8, 3], kept))?.name).toBe(pixels.name);
  }
});

it("asks of pictures alone, and leaves other ways as they are", () => {
  expect(pixelsOf(model([16], []))).toBeUndefined();
  expect(pixelsOf(model([8, 8, 3], [{ type: "scale", factor: 0.5 }]))).toBeUndefined();
  expect(pixelsFor(model([8, 8, 1], [])).map(({ name }) => name)).toEqual(["0 to 1", "0 to 255", "−1 to 1"]);
});
