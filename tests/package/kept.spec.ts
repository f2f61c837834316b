/** Datasets that others replace or dispose of while they are in use. */
import { expect, test } from "@playwright/test";
import { prepare } from "./made-files.js";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test.beforeEach(({ page }) => prepare(page));

test("an export goes on when its dataset is disposed of", { tag: "@everywhere" }, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    // 78 MB, so that the samples are in a file that is closed when nobody holds it.
    const whole = await data.fromFiles(globalThis.idxFiles(4000, 140));
    const set = await whole.subset(Array.from({ length: 200 }, (_, i) => 20 * i));
    whole.dispose();
    const archive = await set.export({ onProgress: () => set.dispose() });
    const refused = await globalThis.failure(() => set.export());
    const arrays = data.fromArrays({ x: [[1], [2]], y: [0, 1] });
    const small = arrays.export();
    arrays.dispose();
    const again = await data.fromFiles([{ path: "set.zip", file: archive }]);
    return { counts: await again.counts(), small: (await small).size, refused };
  });
  expect(found).toMatchObject({ counts: [67, 66, 67], refused: { code: "disposed" } });
  expect(found.small).toBeGreaterThan(100);
});

test("a dataset that is in use is replaced, and what has it goes on reading", {
  tag: "@everywhere",
}, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const old = await data.fromFiles(globalThis.idxFiles(4000, 140), { name: "set" });
    const next = await data.fromFiles(globalThis.idxFiles(5, 4), { name: "set", overwrite: true });
    const listed = await data.list();
    const opened = await data.open("set");
    const shapes = [old, next, opened].map(({ length, shape }) => [length, shape[0]]);
    const [last] = await old.samples([3999]);
    // Another name frees the first one for good.
    await data.rename("set", "other");
    const renamed = (await data.list()).map(({ name, samples }) => [name, samples]);
    for (const open of [old, next, opened]) open.dispose();
    await (await data.fromFiles(globalThis.idxFiles(2, 2))).counts();
    await data.remove("other");
    const datasets = await (await navigator.storage.getDirectory()).getDirectoryHandle("tabgrad-datasets");
    const left = [];
    for await (const folder of (datasets as unknown as { keys(): AsyncIterable<string> }).keys()) {
      if (folder.startsWith("dataset-")) left.push(folder);
    }
    return { listed, shapes, label: last?.label, renamed, left };
  });
  expect(found).toMatchObject({
    listed: [{ name: "set", complete: true, samples: 5 }],
    shapes: [
      [4000, 140],
      [5, 4],
      [5, 4],
    ],
    label: 0,
    renamed: [["other", 5]],
    left: [],
  });
  expect(found.listed).toHaveLength(1);
});

test("a replacement that was interrupted leaves the dataset as it was, and goes on", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const first = await data.fromFiles(globalThis.idxFiles(5, 4), { name: "set" });
    const pictures = await globalThis.pictures(60, 700);
    const options = { name: "set", overwrite: true, channels: 3, size: [700, 700] } as const;
    const controller = new AbortController();
    const stopped = await globalThis.failure(() =>
      data.fromFiles(pictures, {
        ...options,
        size: [700, 700],
        signal: controller.signal,
        onProgress: ({ done, total }) => {
          if (done > total / 3) controller.abort();
        },
      }),
    );
    const between = [await data.list(), (await data.open("set")).length];
    const again = await data.fromFiles(pictures, { ...options, size: [700, 700] });
    const after = (await data.list()).map(({ name, samples }) => [name, samples]);
    return { stopped, between, first: first.length, again: again.length, after };
  });
  expect(found).toMatchObject({
    stopped: { code: "aborted" },
    between: [[{ name: "set", complete: true, samples: 5 }], 5],
    again: 60,
    after: [["set", 60]],
  });
});

test("a dataset is examined wherever its samples are", { tag: "@everywhere" }, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const pictures = await globalThis.pictures(12, 16);
    const files = pictures.map(({ path, file }) => ({ path, file }));
    // The first again, of the other class.
    files.push({ path: "set/odd/again.png", file: pictures[0]?.file as Blob });
    const stored = await data.fromFiles(files, { channels: 3 });
    const seen: number[] = [];
    const examined = await stored.examine({ onProgress: ({ done, total }) => seen.push(done, total) });
    const { samples, classes, duplicates, conflicts, empty, fixes } = stored.report;
    const report = { samples, classes, duplicates, conflicts, empty, fixes };
    const x = Float32Array.from([1, 2, 3, 4, 1, 2, 5, 5]);
    const train = data.fromArrays({ x, shape: [4, 2], y: [0, 1, 0, 1] });
    const test = data.fromArrays({
      x: [
        [9, 9],
        [3, 4],
      ],
      y: [0, 1],
    });
    const numbers = await train.examine({ test });
    const stopped = await globalThis.failure(() => train.examine({ signal: AbortSignal.abort() }));
    return { report, examined, seen, numbers, stopped, left: (await train.examine()).samples };
  });
  // What was read is what came, so that looking at the samples again finds what the import found.
  expect(found.examined).toMatchObject(found.report);
  expect(found.examined.conflicts).toHaveLength(1);
  expect(found.seen).toEqual([1, 13, 3, 13, 7, 13, 13, 13]);
  expect(found.numbers).toMatchObject({
    samples: 6,
    duplicates: [
      { sample: 2, like: 0 },
      { sample: 5, like: 1 },
    ],
    leaks: [{ sample: 5, like: 1, kind: "exact" }],
    empty: [],
  });
  expect(found.stopped.code).toBe("aborted");
  expect(found.left).toBe(4);
});

test("what is known of a dataset is there when writing it was interrupted", { tag: "@everywhere" }, async ({
  page,
}) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    (await data.fromFiles(globalThis.idxFiles(5, 4), { name: "cut" })).dispose();
    await data.rename("cut", "renamed");
    // As a tab leaves it that ends after a part of the file.
    const datasets = await (await navigator.storage.getDirectory()).getDirectoryHandle("tabgrad-datasets");
    for await (const name of (datasets as unknown as { keys(): AsyncIterable<string> }).keys()) {
      if (!name.startsWith("dataset-")) continue;
      const file = await (await datasets.getDirectoryHandle(name)).getFileHandle("info.json");
      const stream = await file.createWritable();
      await stream.write('{"name":"ren');
      await stream.close();
    }
    const listed = (await data.list()).map(({ name, samples }) => [name, samples]);
    await data.rename("renamed", "again");
    const again = await data.open("again");
    return { listed, length: again.length };
  });
  expect(found).toEqual({ listed: [["renamed", 5]], length: 5 });
});
