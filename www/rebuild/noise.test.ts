import { describe, expect, it } from "vitest";
import { momentsOf } from "../data/answer";
import { mixed, normals, quantile, withNoise } from "./noise";

const grey = (length: number) => new Uint8Array(length).fill(128);

describe("quantiles of the normal distribution", () => {
  it("are those of the tables", () => {
    const known = [
      [0.5, 0],
      [0.841344746068543, 1],
      [0.975, 1.959963984540054],
      [0.001, -3.090232306167814],
    ] as const;
    for (const [share, value] of known) expect(quantile(share)).toBeCloseTo(value, 7);
    expect(quantile(0.01)).toBeCloseTo(-quantile(0.99), 12);
  });
});

it("draws from the normal distribution by a seed", () => {
  const { mean, deviation } = momentsOf(normals(100_000, 4));
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(deviation).toBeCloseTo(1, 1);
  expect(normals(3, 5)).toEqual(normals(3, 5));
  expect(normals(3, 5)).not.toEqual(normals(3, 6));
});

describe("noise", () => {
  it("has the mean and the deviation that it should have", () => {
    const { mean, deviation } = momentsOf(withNoise(grey(100_000), 0.1, 3));
    expect(mean).toBeCloseTo(128, 0);
    expect(Math.abs(deviation - 25.5)).toBeLessThan(0.3);
  });

  it("is the same for the same seed, and another for another", () => {
    const of = (seed: number) => [...withNoise(grey(64), 0.3, seed)];
    expect(of(7)).toEqual(of(7));
    expect(of(8)).not.toEqual(of(7));
    // Fixed here so that no change of the generator goes unseen.
    expect(of(7).slice(0, 6)).toEqual([214, 166, 255, 48, 124, 72]);
  });

  it("is the same pattern where there is more of it, and none where there is none", () => {
    const differences = (level: number) => Array.from(withNoise(grey(50), level, 1), (value) => value - 128);
    const [weak, strong] = [differences(0.05), differences(0.1)];
    for (const [i, value] of weak.entries())
      expect(Math.abs((strong[i] as number) - 2 * value)).toBeLessThan(2);
    expect(differences(0)).toEqual(new Array(50).fill(0));
  });

  it("stays between black and white", () => {
    const values = withNoise(Uint8Array.of(0, 255, ...new Array(500).fill(10)), 1, 2);
    expect(Math.min(...values)).toBe(0);
    expect(Math.max(...values)).toBe(255);
  });
});

it("mixes seeds so that neighbours have nothing in common", () => {
  const seeds = Array.from({ length: 1000 }, (_, i) => mixed(1, i));
  expect(new Set(seeds).size).toBe(1000);
  expect(mixed(1, 2)).not.toBe(mixed(2, 1));
});
