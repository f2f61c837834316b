import { expect, it } from "vitest";
import { hashOf, imbalanceOf, isConstant, sortedOut } from "./findings";

it("samples with the same content are sorted by class and part", () => {
  //             0  1  2  3  4  5
  const hashes = [7, 8, 7, 7, 8, 9];
  const labels = [0, 1, 0, 1, 1, 0];
  expect(sortedOut(hashes, labels, 4)).toEqual({
    duplicates: [{ sample: 2, like: 0 }],
    conflicts: [{ sample: 3, like: 0 }],
    leaks: [{ sample: 4, like: 1 }],
  });
});

it("contents that differ have other hashes", () => {
  const images = Array.from({ length: 5000 }, (_, i) =>
    Uint8Array.from({ length: 64 }, (_, j) => (j === i % 64 ? 1 + Math.floor(i / 64) : 0)),
  );
  expect(new Set(images.map(hashOf)).size).toBe(5000);
  expect(hashOf(Float32Array.of(0.25, 0.5))).not.toBe(hashOf(Float32Array.of(0.25, 0.75)));
  expect(hashOf(Uint8Array.of(3, 4))).toBe(hashOf([3, 4]));
});

it("constant samples and unlike classes are known", () => {
  expect(isConstant([4, 4, 4])).toBe(true);
  expect(isConstant([4, 4, 5])).toBe(false);
  expect(imbalanceOf([10, 40, 20])).toEqual({ ratio: 4, largest: 1, smallest: 0 });
  expect(imbalanceOf([10, 0]).ratio).toBe(Number.POSITIVE_INFINITY);
});
