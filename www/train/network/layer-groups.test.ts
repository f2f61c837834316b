import { describe, expect, it } from "vitest";
import { layers } from "../../../js/model/layers";
import { grouped, groupOf, layerChoices, OTHER } from "./layer-groups";

const kinds = Object.keys(layers);
const typed = (types: readonly string[]) => types.map((type) => ({ type }) as { type: "dense" });

describe("groups of layers", () => {
  it("have a place for every kind of the package", () => {
    expect(kinds.length).toBeGreaterThan(20);
    expect(kinds.filter((kind) => groupOf(kind) === OTHER)).toEqual([]);
  });

  it("hold each kind once, and those that they do not know at the end", () => {
    const found = grouped(typed(["unheardOf", ...kinds]));
    expect(found.flatMap(({ kinds }) => kinds.map(({ type }) => type)).sort()).toEqual(
      [...kinds, "unheardOf"].sort(),
    );
    expect(found.at(-1)).toEqual({ name: OTHER, kinds: typed(["unheardOf"]) });
  });

  it("leave out what is empty", () => {
    expect(grouped(typed(["dense"])).map(({ name }) => name)).toEqual(["Dense"]);
  });
});

it("says what it offers in words, by group", () => {
  const dense = { type: "dense", help: "Connects all." } as const;
  const norm = { type: "batchNormalization", help: "Brings each channel to mean 0." } as const;
  expect(layerChoices([norm, dense])).toEqual([
    { ...dense, name: "dense", group: "Dense" },
    { ...norm, name: "batch normalisation", group: "Normalisation" },
  ]);
});
