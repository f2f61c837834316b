import { describe, expect, it } from "vitest";
import { decibels, inDecibels, likeness, medianFiltered, squaredError, toBytes } from "./quality";

describe("the peak signal-to-noise ratio", () => {
  it("is that of the definition", () => {
    expect(decibels(0.01)).toBeCloseTo(20, 12);
    // 10 log10(255² / 25), all pixels being off by 5.
    expect(likeness([10, 20, 30], [15, 15, 35])).toBeCloseTo(34.1514, 4);
    expect(squaredError([0, 255], [255, 255])).toBe(0.5);
  });

  it("is said in decibels", () => {
    expect(inDecibels(21.349)).toBe("21.3 dB");
    expect(inDecibels(likeness([1, 2], [1, 2]))).toBe("the same");
    expect(inDecibels(Number.NaN)).toBe("–");
  });
});

it("turns numbers into bytes, cut off at black and white", () => {
  expect([...toBytes([0, 0.5, 1, 2, -1])]).toEqual([0, 128, 255, 255, 0]);
});

describe("the median filter", () => {
  /** By the definition, on sorted lists. */
  function naive(pixels: number[], [height, width, channels]: [number, number, number]): number[] {
    const clamp = (value: number, most: number) => Math.max(0, Math.min(most - 1, value));
    return pixels.map((_, i) => {
      const channel = i % channels;
      const x = Math.floor(i / channels) % width;
      const y = Math.floor(i / channels / width);
      const near = [-1, 0, 1].flatMap((dy) =>
        [-1, 0, 1].map((dx) => {
          const place = clamp(y + dy, height) * width + clamp(x + dx, width);
          return pixels[place * channels + channel] as number;
        }),
      );
      return near.sort((a, b) => a - b)[4] as number;
    });
  }

  it("is that of the definition, on odd sizes and several channels", () => {
    for (const shape of [
      [5, 7, 1],
      [4, 3, 3],
      [1, 5, 2],
    ] as [number, number, number][]) {
      const pixels = Array.from(
        { length: shape[0] * shape[1] * shape[2] },
        (_, i) => (i * 97 + (i % 5) * 31) % 256,
      );
      expect([...medianFiltered(pixels, shape)]).toEqual(naive(pixels, shape));
    }
  });
});
