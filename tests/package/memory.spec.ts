/** What a model will take is told before it takes it, and what is refused is an error. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { openPage, usePlainPage } from "./plain-page.js";
import { runNode } from "./projects.js";

const plain = usePlainPage();

/** Put in front of a worker's file: all but 32 MiB of the memory that its engine can ever have is taken. */
const crowded = `{
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (module, imports) => {
    const instance = await instantiate(module, imports);
    const { memory } = instance.exports;
    memory?.grow(2 ** 16 - memory.buffer.byteLength / 2 ** 16 - 512);
    return instance;
  };
}\n`;

/** Does something while a worker of the package finds its memory crowded. */
async function whileCrowded(worker: "worker.js" | "worker-node.js", action: () => Promise<void>) {
  const file = join(plain.folder, "node_modules/tabgrad/dist", worker);
  const text = await readFile(file, "utf8");
  await writeFile(file, crowded + text);
  await action().finally(() => writeFile(file, text));
}

test("a model tells the memory and the kernels of a batch", { tag: "@everywhere" }, async ({ page }) => {
  const { cores, small, large, huge, plan, none } = await page.evaluate(async () => {
    const { model } = await globalThis.small();
    return {
      cores: (await globalThis.tabgrad.engineInfo()).cores,
      small: await model.memory({ batchSize: 16 }),
      large: await model.memory({ batchSize: 512 }),
      huge: await globalThis.failure(() => model.memory({ batchSize: 1_000_000 })),
      plan: await model.summary({ plan: true, batchSize: 16 }),
      none: await globalThis.failure(() => model.memory({ batchSize: 0 })),
    };
  });
  // 208 numbers of the convolution and 11,530 of the dense layer.
  expect(small.parameters).toBe(4 * 11_738);
  // One worker for every 16 samples at most.
  expect(small.workers).toBe(1);
  expect(large.workers).toBe(Math.min(8, cores));
  expect(large.fit).toBe(large.workers * (2 * large.parameters + large.training + large.prediction));
  expect(large.parameters).toBe(small.parameters);
  expect(large.prediction).toBeGreaterThan(small.prediction);
  expect(large.training).toBeGreaterThan(small.training);
  expect(huge).toMatchObject({ name: "TabgradError", code: "tooLarge" });
  expect(huge.message).toMatch(/would need \d+ MiB, expected at most 2048 MiB/);
  expect(plan).toMatch(/Training on 16 samples at a time: [\d.]+ KiB, of which \d+ shared buffers/);
  expect(plan).toMatch(/max-pool \+ relu\n/);
  expect(none).toMatchObject({ name: "TabgradError", code: "argument" });
});

test("memory that the browser refuses is an error, and models and datasets stay", {
  tag: "@everywhere",
}, async ({ page }) => {
  await whileCrowded("worker.js", async () => {
    await openPage(page, plain.url);
    const { refused, large, starts, before, after, epochs } = await page.evaluate(async () => {
      const { data, layers, sequential } = globalThis.tabgrad;
      const { failure } = globalThis;
      let starts = 0;
      const { Worker } = globalThis;
      globalThis.Worker = class extends Worker {
        constructor(url: string | URL, options?: WorkerOptions) {
          super(url, options);
          starts += 1;
        }
      };
      globalThis.tabgrad.configure({ workers: 1 });
      const { model, train, test } = await globalThis.small();
      await model.fit(train, { epochs: 1 });
      const before = await model.evaluate(test);
      const wide = sequential({ inputShape: [4096], layers: [layers.dense({ units: 4096 })] });
      const long = sequential({ inputShape: [1024], layers: [layers.dense({ units: 5120 })] });
      const half = data.fromArrays({ x: new Uint8Array(2 ** 24), shape: [2 ** 14, 1024] });
      const picture = { data: new Uint8ClampedArray(2 ** 26), width: 4096, height: 4096 };
      const refused = [
        await failure(() => model.fit(train, { batchSize: 2000, shards: 1 })),
        await failure(() =>
          data
            .fromArrays({ x: new Float32Array(2 ** 24), shape: [2 ** 14, 1024], y: new Uint8Array(2 ** 14) })
            .counts(),
        ),
        await failure(() => wide.predict(new Float32Array(4096))),
        await failure(() => model.predict(picture)),
        await failure(() => half.concat(half).then((both) => both.counts())),
      ];
      half.dispose();
      await long.getWeights();
      refused.push(await failure(() => long.export("safetensors")));
      long.dispose();
      const after = await model.evaluate(test);
      const { epochs } = await model.fit(train, { epochs: 1 });
      const once = starts;
      // Names go in by a way that cannot say that there is no room: the engine is replaced.
      const named = { x: [[1], [2]], y: [0, 1], classNames: ["a".repeat(2 ** 26), "b"] };
      const large = {
        error: await failure(() => data.fromArrays(named).counts()),
        result: await model.evaluate(test),
      };
      return { refused, large, starts: once, before, after, epochs };
    });
    for (const error of refused) {
      expect(error).toMatchObject({ name: "TabgradError", code: "tooLarge" });
      expect(error.message).toMatch(/found no memory for \d+ bytes/);
    }
    expect(after).toEqual(before);
    expect({ starts, epochs }).toEqual({ starts: 1, epochs: 1 });
    expect(large.error).toMatchObject({ name: "TabgradError", code: "tooLarge" });
    expect(large.error.message).toMatch(/found no memory for 67108864 bytes and was replaced/);
    expect(large.result).toHaveProperty("accuracy");
  });
});

test("memory that Node refuses is an error, and the model stays", async () => {
  const program = `
    import { data, layers, sequential } from "tabgrad";
    const model = sequential({ inputShape: [1024], layers: [layers.dense({ units: 2, activation: "softmax" })] });
    model.compile({ loss: "sparseCategoricalCrossentropy" });
    const x = { data: new Float32Array(1024).fill(0.5), shape: [1, 1024] };
    const before = await model.predict(x);
    const many = { data: new Float32Array(2 ** 24), shape: [2 ** 14, 1024] };
    const { code, message } = await model.predict(many).catch((error) => error);
    const after = await model.predict(x);
    console.log(JSON.stringify({ code, message, same: String(after.data) === String(before.data) }));`;
  await writeFile(join(plain.folder, "refused.mjs"), program);
  await whileCrowded("worker-node.js", async () => {
    expect(JSON.parse(await runNode(plain.folder, "refused.mjs"))).toEqual({
      code: "tooLarge",
      message: expect.stringContaining("the samples: found no memory for 67108864 bytes"),
      same: true,
    });
  });
});
