/** What a model will take is told before it takes it. */
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("a model tells the memory and the kernels of a batch", { tag: "@everywhere" }, async ({ page }) => {
  const { small, large, huge, plan, none } = await page.evaluate(async () => {
    const { model } = await globalThis.small();
    return {
      small: await model.memory({ batchSize: 16 }),
      large: await model.memory({ batchSize: 512 }),
      huge: await globalThis.failure(() => model.memory({ batchSize: 1_000_000 })),
      plan: await model.summary({ plan: true, batchSize: 16 }),
      none: await globalThis.failure(() => model.memory({ batchSize: 0 })),
    };
  });
  // 208 numbers of the convolution and 11,530 of the dense layer.
  expect(small.parameters).toBe(4 * 11_738);
  expect(large.parameters).toBe(small.parameters);
  expect(large.prediction).toBeGreaterThan(small.prediction);
  expect(large.training).toBeGreaterThan(small.training);
  expect(huge).toMatchObject({ name: "TabgradError", code: "tooLarge" });
  expect(huge.message).toMatch(/would need \d+ MiB, expected at most 2048 MiB/);
  expect(plan).toMatch(/Training on 16 samples at a time: [\d.]+ KiB, of which \d+ shared buffers/);
  expect(plan).toMatch(/max-pool \+ relu\n/);
  expect(none).toMatchObject({ name: "TabgradError", code: "argument" });
});
