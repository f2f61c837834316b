/** Datasets whose samples stay in a file: imported, gone on with, trained on to the same bits. */
import { expect, test } from "@playwright/test";
import { prepare } from "./made-files.js";
import { openPage, usePlainPage } from "./plain-page.js";

const plain = usePlainPage();

test.beforeEach(({ page }) => prepare(page));

test("training on samples in a file gives the bits of training in memory", {
  tag: "@everywhere",
}, async ({ page }) => {
  test.setTimeout(120_000);
  const outcome = await page.evaluate(async () => {
    const { data, layers, sequential } = globalThis.tabgrad;
    // 78 MB: more than is kept in memory.
    const [side, samples] = [140, 4000];
    const files = globalThis.idxFiles(samples, side);
    const stored = await data.fromFiles(files);
    const [images, labels] = await Promise.all(
      files.map(async ({ file }) => new Uint8Array(await file.arrayBuffer())),
    );
    const memory = data.fromArrays({
      x: (images as Uint8Array).slice(16),
      shape: [samples, side, side, 1],
      y: (labels as Uint8Array).slice(8),
    });
    const run = async (set: typeof stored) => {
      const model = sequential({
        inputShape: [side, side, 1],
        seed: 3,
        layers: [
          layers.averagePooling2d({ poolSize: 7 }),
          layers.flatten(),
          layers.dense({ units: 3, activation: "softmax" }),
        ],
      });
      model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
      const augmentation = { shift: 3, flipHorizontal: 0.5 };
      const options = { epochs: 2, batchSize: 64, seed: 5, validationSplit: 0.25, augmentation };
      const { history } = await model.fit(set, options);
      const weights = (await model.getWeights()).map(({ data }) => Array.from(data));
      const part = await set.subset([3999, 0, 17]);
      const predicted = await model.predict(part);
      return { history, weights, evaluated: await model.evaluate(set), predicted: Object.values(predicted) };
    };
    const one = await run(stored);
    const other = await run(memory);
    const counts = await stored.counts();
    const concat = await (await stored.subset([5, 6])).concat(await memory.subset([7]));
    const joined = (await concat.samples([0, 2])).map(({ data, label }) => [data[9], label]);
    const direct = (await memory.samples([5, 7])).map(({ data, label }) => [data[9], label]);
    return {
      same: JSON.stringify(one) === JSON.stringify(other),
      storage: [stored.storage, memory.storage],
      counts,
      joined,
      direct,
      loss: one.history.loss?.length,
    };
  });
  expect(outcome.same).toBe(true);
  expect(outcome.joined).toEqual(outcome.direct);
  expect(outcome).toMatchObject({
    storage: ["opfs", "memory"],
    counts: [1334, 1333, 1333],
    loss: 2,
  });
});

test("a named import that is stopped goes on, is listed, opened, renamed and removed", {
  tag: "@everywhere",
}, async ({ page }) => {
  const begun = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const controller = new AbortController();
    const files = await globalThis.pictures(60, 700);
    const seen: number[] = [];
    const stopped = await globalThis.failure(() =>
      data.fromFiles(files, {
        name: "shades",
        channels: 3,
        size: [700, 700],
        signal: controller.signal,
        onProgress: ({ done, total }) => {
          seen.push(done);
          if (done > total / 3) controller.abort();
        },
      }),
    );
    return {
      stopped,
      seen,
      listed: await data.list(),
      opened: await globalThis.failure(() => data.open("shades")),
    };
  });
  expect(begun.stopped).toMatchObject({ name: "AbortError", code: "aborted" });
  expect(begun.seen.length).toBeGreaterThan(0);
  expect(begun.listed).toMatchObject([{ name: "shades", complete: false }]);
  expect(begun.opened).toMatchObject({ code: "data", message: expect.stringContaining("interrupted") });

  // In another visit.
  await openPage(page, plain.url);
  await prepare(page);
  const finished = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const files = await globalThis.pictures(60, 700);
    const before = performance.now();
    const set = await data.fromFiles(files, { name: "shades", channels: 3, size: [700, 700] });
    const took = performance.now() - before;
    const again = await data.fromFiles(files, { name: "shades", channels: 3, size: [700, 700] });
    const other = await globalThis.failure(async () =>
      data.fromFiles(await globalThis.pictures(3, 20), { name: "shades" }),
    );
    const [first, last] = await set.samples([0, 59]);
    await data.rename("shades", "colours");
    const opened = await data.open("colours");
    const result = {
      took,
      other,
      length: [set.length, again.length, opened.length],
      counts: await set.counts(),
      names: set.classNames,
      storage: set.storage,
      first: Array.from(first?.data.slice(0, 3) ?? []),
      last: Array.from(last?.data.slice(0, 3) ?? []),
      listed: await data.list(),
    };
    for (const open of [set, again, opened]) open.dispose();
    // Closing takes its turn in the worker.
    await (await data.fromFiles(await globalThis.pictures(2, 8))).counts();
    await data.remove("colours");
    return {
      ...result,
      left: await data.list(),
      gone: await globalThis.failure(() => data.open("colours")),
    };
  });
  expect(finished).toMatchObject({
    other: { code: "argument" },
    length: [60, 60, 60],
    counts: [30, 30],
    names: ["even", "odd"],
    storage: "opfs",
    first: [0, 0, 0],
    last: [(59 * 37) % 256, 59, (59 * 11) % 256],
    listed: [{ name: "colours", complete: true, samples: 60, classNames: ["even", "odd"] }],
    left: [],
    gone: { code: "notFound" },
  });
});

test("files come as streams, bytes, addresses and handles", { tag: "@everywhere" }, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const [images] = globalThis.idxFiles(5, 4);
    const file = images?.file as Blob;
    const bytes = new Uint8Array(await file.arrayBuffer());
    async function* chunks() {
      yield bytes.slice(0, 7);
      yield bytes.slice(7);
    }
    async function* items() {
      for (const item of globalThis.idxFiles(5, 4)) yield item;
    }
    const url = URL.createObjectURL(file);
    const lengths = [];
    for (const source of [file.stream(), chunks(), items(), bytes, url, [bytes.buffer]]) {
      const set = await data.fromFiles(source as unknown as Blob);
      lengths.push([set.length, ...set.shape]);
    }
    const missing = await globalThis.failure(() => data.fromFiles("nothing-here.zip"));
    const wrong = await globalThis.failure(() => data.fromFiles(7 as unknown as Blob));
    return { lengths, missing, wrong };
  });
  expect(found.lengths).toEqual(Array(6).fill([5, 4, 4, 1]));
  expect(found).toMatchObject({ missing: { code: "network" }, wrong: { code: "argument" } });
});

test("what cannot be read is listed, and if that is all, refused", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const good = await globalThis.pictures(2, 8);
    const bad = [
      { path: "set/even/cut.png", file: good[0]?.file.slice(0, 40) as Blob },
      { path: "set/even/text.txt", file: new Blob(["\u0007 nothing"]) },
      { path: "set/odd/empty.png", file: new Blob([]) },
    ];
    const set = await data.fromFiles([...good, ...bad]);
    return {
      length: set.length,
      unreadable: set.report.unreadable,
      none: await globalThis.failure(() => data.fromFiles(bad)),
      nothing: await globalThis.failure(() => data.fromFiles([])),
    };
  });
  expect(found).toMatchObject({
    length: 2,
    unreadable: [
      { name: "set/even/cut.png", code: "format" },
      { name: "set/even/text.txt", code: "format" },
      { name: "set/odd/empty.png", code: "format" },
    ],
    none: { code: "format" },
    nothing: { code: "format" },
  });
});

test("folders and names of files say parts", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const pictures = await globalThis.pictures(10, 4);
    const files = pictures.map(({ path, file }, i) => ({
      path: path.replace("set/", i < 6 ? "set/train/" : "set/test/"),
      file,
    }));
    const set = await data.fromFiles(files);
    const test = await set.part("test");
    const arrays = await data.fromFiles(
      ["train", "t10k"].flatMap((part, i) =>
        globalThis.idxFiles(3 + i, 4).map(({ path, file }) => ({ path: `${part}-${path}`, file })),
      ),
    );
    return {
      parts: [set.parts, arrays.parts],
      counts: [await set.counts(), await test.counts()],
      missing: await globalThis.failure(() => set.part("validation")),
    };
  });
  expect(found).toMatchObject({
    parts: [
      { train: 6, validation: 0, test: 4 },
      { train: 3, validation: 0, test: 4 },
    ],
    counts: [
      [5, 5],
      [2, 2],
    ],
    missing: { code: "notFound" },
  });
});

test("a dataset is exported as an archive that is read again", { tag: "@everywhere" }, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const set = await data.fromFiles(await globalThis.pictures(130, 6));
    const seen: number[] = [];
    const archive = await set.export({ onProgress: ({ done }) => seen.push(done) });
    const again = await data.fromFiles([{ path: "set.zip", file: archive }]);
    const bytes = async (of: typeof set) =>
      (await of.samples([0, 1, 129])).map(({ data, label }) => [...data.slice(0, 3), label]);
    const numbers = data.fromArrays({ x: [[1.5, 2]], y: [0], classNames: ["a"] });
    const aborted = await globalThis.failure(() => set.export({ signal: AbortSignal.abort() }));
    return {
      seen,
      names: again.classNames,
      counts: await again.counts(),
      same: [await bytes(set), await bytes(again)],
      npy: (await numbers.export()).size,
      aborted,
    };
  });
  expect(found).toMatchObject({ names: ["even", "odd"], counts: [65, 65] });
  // Few samples at first, whose size tells how many may travel at a time.
  expect(found.seen).toEqual([1, 3, 7, 15, 31, 63, 127, 130]);
  expect(found.same[1]).toEqual(found.same[0]);
  expect(found.npy).toBeGreaterThan(100);
  expect(found.aborted.code).toBe("aborted");
});

test("without a private file system datasets stay in memory", async ({ page }) => {
  // In the workers, too, which have a global scope of their own.
  await page.route("**/data.js", async (route) => {
    const response = await route.fetch();
    const missing = "Object.defineProperty(navigator.storage, 'getDirectory', { value: undefined });";
    await route.fulfill({ response, body: `${missing}\n${await response.text()}` });
  });
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const set = await data.fromFiles(globalThis.idxFiles(4000, 140));
    const [, sample] = await set.samples([0, 3999]);
    return {
      storage: set.storage,
      bytes: set.bytes,
      label: sample?.label,
      named: await globalThis.failure(() => data.fromFiles(globalThis.idxFiles(2, 2), { name: "a" })),
      listed: await data.list(),
    };
  });
  expect(found).toMatchObject({
    storage: "memory",
    bytes: 4000 * (140 * 140 + 4),
    label: 0,
    named: { code: "storage" },
    listed: [],
  });
});

test("a full disk is said, and what is there can be gone on with", async ({ page }) => {
  // Stands for a quota that is used up after 8 MB.
  await page.route("**/data.js", async (route) => {
    const response = await route.fetch();
    const full = `
      const write = FileSystemSyncAccessHandle.prototype.write;
      FileSystemSyncAccessHandle.prototype.write = function (bytes, options) {
        if (options.at + bytes.byteLength > 8e6) throw new DOMException("no room", "QuotaExceededError");
        return write.call(this, bytes, options);
      };`;
    await route.fulfill({ response, body: `${full}\n${await response.text()}` });
  });
  const full = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const files = await globalThis.pictures(20, 700);
    return {
      named: await globalThis.failure(() => data.fromFiles(files, { name: "full", size: [700, 700] })),
      unnamed: await globalThis.failure(() => data.fromFiles(files, { size: [700, 700] })),
      listed: await data.list(),
    };
  });
  expect(full).toMatchObject({
    named: { code: "quota" },
    unnamed: { code: "quota" },
    listed: [{ name: "full", complete: false }],
  });
  await page.unroute("**/data.js");
  await openPage(page, plain.url);
  await prepare(page);
  const counts = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    return (
      await data.fromFiles(await globalThis.pictures(20, 700), { name: "full", size: [700, 700] })
    ).counts();
  });
  expect(counts).toEqual([10, 10]);
});
