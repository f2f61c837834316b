import { describe, expect, it } from "vitest";
import { chosenParts, joinedParts } from "./given-parts";

const parts = (train: number[], validation: number[], test: number[]) => ({
  train: Uint32Array.from(train),
  validation: Uint32Array.from(validation),
  test: Uint32Array.from(test),
});

describe("what samples were given for", () => {
  it("goes along with chosen samples, in their order", () => {
    const given = parts([0, 3], [1], [5]);
    expect(chosenParts(given, 6, Uint32Array.of(5, 3, 4, 3, 0))).toEqual(parts([1, 3, 4], [], [0]));
    expect(chosenParts(given, 6, Uint32Array.of(2, 4))).toBeUndefined();
    expect(chosenParts(undefined, 6, Uint32Array.of(0))).toBeUndefined();
  });

  it("is counted on in the second of two datasets", () => {
    const [one, other] = [parts([0], [], [1]), parts([1], [0], [])];
    expect(joinedParts(one, 3, other)).toEqual(parts([0, 4], [3], [1]));
    expect(joinedParts(undefined, 3, other)).toEqual(parts([4], [3], []));
    expect(joinedParts(one, 3, undefined)).toEqual(one);
    expect(joinedParts(undefined, 3, undefined)).toBeUndefined();
  });
});
