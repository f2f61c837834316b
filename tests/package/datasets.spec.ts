/** What can be made of a dataset, in a page. */
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("samples get other classes, and both parts of a split are known", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const x = Uint8Array.from({ length: 10 * 4 }, (_, i) => Math.floor(i / 4));
    const y = Uint32Array.from({ length: 10 }, (_, i) => i % 2);
    const all = data.fromArrays({ x, shape: [10, 2, 2, 1], y, classNames: ["even", "odd"] });
    const part = await all.subset([3, 4, 5], { labels: [0, 0, 1] });
    const [rest, share] = await all.splitIndices({ fraction: 0.4, seed: 3 });
    const parts = await all.split({ fraction: 0.4, seed: 3 });
    const first = async (indices: ArrayLike<number>, part: (typeof parts)[number]) => {
      const samples = await part.samples(Array.from(indices, (_, at) => at));
      return samples.map(({ data }) => data[0]);
    };
    return {
      pixels: (await part.samples([0, 1, 2])).map(({ data, label }) => [data[0], label]),
      counts: await part.counts(),
      before: await all.counts(),
      indices: [Array.from(rest), Array.from(share)],
      samples: [await first(rest, parts[0]), await first(share, parts[1])],
      refused: await globalThis.failure(() => all.subset([0], { labels: [2] })),
      absurd: await globalThis.failure(() => all.subset([0], { labels: [-1] })),
    };
  });
  expect(found.pixels).toEqual([
    [3, 0],
    [4, 0],
    [5, 1],
  ]);
  expect(found.counts).toEqual([2, 1]);
  expect(found.before).toEqual([5, 5]);
  expect(found.indices[1]).toHaveLength(4);
  expect(found.samples).toEqual(found.indices);
  expect(found.refused).toMatchObject({ code: "data" });
  expect(found.refused.message).toContain("the label of sample 0 is 2, expected less than 2");
  expect(found.absurd).toMatchObject({ code: "argument" });
});

test("images are shown as a run with augmentation sees them", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const x = Uint8Array.from({ length: 2 * 64 }, (_, i) => (i * 37) % 256);
    const images = data.fromArrays({ x, shape: [2, 8, 8, 1], y: Uint32Array.of(0, 1) });
    const look = async (options?: { seed?: number; epoch?: number }) =>
      (await images.augmented([1, 0], { flipHorizontal: 1, shift: 2 }, options)).map(({ data, label }) => [
        label,
        ...data,
      ]);
    return {
      once: await look({ seed: 4, epoch: 2 }),
      again: await look({ seed: 4, epoch: 2 }),
      later: await look({ seed: 4, epoch: 3 }),
      flipped: (await images.augmented([0], { flipHorizontal: 1 }))[0]?.data.slice(0, 8),
      row: x.slice(0, 8).reverse(),
      refused: await globalThis.failure(() => images.augmented([0], { hue: 10 })),
    };
  });
  expect(found.once.map(([label]) => label)).toEqual([1, 0]);
  expect(found.again).toEqual(found.once);
  expect(found.later).not.toEqual(found.once);
  expect(found.flipped).toEqual(found.row);
  expect(found.refused).toMatchObject({ code: "argument" });
});

test("samples are dealt to folds, by class or by group", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const y = Uint32Array.from({ length: 12 }, (_, i) => i % 2);
    const set = data.fromArrays({ x: new Float32Array(12), shape: [12, 1], y });
    const plain = (folds: Uint32Array[]) => folds.map((fold) => Array.from(fold));
    const groups = Array.from({ length: 12 }, (_, i) => Math.floor(i / 3));
    return {
      folds: plain(await set.folds({ folds: 3, seed: 5 })),
      again: plain(await set.folds({ folds: 3, seed: 5 })),
      grouped: plain(await set.folds({ folds: 2, groups })),
      few: await globalThis.failure(() => set.folds({ folds: 7 })),
      wrong: await globalThis.failure(() => set.folds({ folds: 2, groups: [1, 2] })),
    };
  });
  expect(found.again).toEqual(found.folds);
  expect(found.folds.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  // Two of each class in each.
  for (const fold of found.folds) expect(fold.filter((i) => i % 2 === 0)).toHaveLength(2);
  for (const fold of found.grouped) expect(new Set(fold.map((i) => Math.floor(i / 3))).size).toBe(2);
  expect(found.few.code).toBe("argument");
  expect(found.wrong).toMatchObject({ code: "shape", message: expect.stringContaining("found 2 groups") });
});
