import { describe, expect, it } from "vitest";
import { byGroup, isMeant } from "./choices";

describe("a search", () => {
  const norm = {
    type: "batchNormalization",
    name: "batch normalisation",
    group: "Normalisation",
    help: "Brings each channel to mean 0.",
  };

  it("finds by the name of the package, the page's and the explanation", () => {
    for (const search of ["", "batchNorm", "batch normalisation", "MEAN channel", " normal "]) {
      expect(isMeant(norm, search), search).toBe(true);
    }
  });

  it("finds nothing else", () => {
    expect(isMeant(norm, "batch pooling")).toBe(false);
  });
});

it("puts neighbours of a group together", () => {
  const choice = (type: string, group: string) => ({ type, name: type, group, help: "" });
  const [a, b, c] = [choice("a", "x"), choice("b", "x"), choice("c", "y")];
  expect(byGroup([a, b, c])).toEqual([
    { name: "x", choices: [a, b] },
    { name: "y", choices: [c] },
  ]);
  expect(byGroup([])).toEqual([]);
});
