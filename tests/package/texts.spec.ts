/** Texts as they were written: kept beside the numbers, read in part, and exported. */
import { expect, type Page, test } from "@playwright/test";
import type { Dataset } from "tabgrad";
import { openPage, trap, usePlainPage } from "./plain-page.js";

const plain = usePlainPage();

declare global {
  /** Files of texts of two classes, in a training and a test part, and what is written in them. */
  var messages: { path: string; file: Blob; text: string }[];
  /** The texts of all samples, in their order. */
  var textsOf: (set: Dataset, textLength?: number) => Promise<(string | undefined)[]>;
}

async function give(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.messages = Array.from({ length: 40 }, (_, i) => {
      const spam = i % 2 === 0;
      const text = spam
        ? `WINNER!! No. ${i}: claim £${i}00 now.\n\n  Call 0900-${i} 😀`
        : `I'll be ${i} minutes late… sorry,  see you at the station`;
      const path = `${i % 4 === 3 ? "test" : "train"}/${spam ? "spam" : "ham"}/${String(i).padStart(2, "0")}.txt`;
      return { path, text, file: new Blob([text]) };
    });
    globalThis.textsOf = async (set, textLength) => {
      const options = textLength === undefined ? {} : { textLength };
      return (
        await set.samples(
          Array.from({ length: set.length }, (_, i) => i),
          options,
        )
      ).map(({ text }) => text);
    };
  });
}

test.beforeEach(({ page }) => give(page));

test("texts stay as they were written, in subsets and joins and at the next visit", {
  tag: "@everywhere",
}, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const preprocessing = { text: { output: "counts" as const } };
    const set = await data.fromFiles(globalThis.messages, { name: "messages", preprocessing });
    const all = await globalThis.textsOf(set);
    const [rest, share] = await set.split({ fraction: 0.25, seed: 3 });
    const both = await rest.concat(share);
    const arrays = data.fromArrays({
      x: new Float32Array(set.shape[0] as number),
      shape: [1, ...set.shape],
      y: [0],
      classNames: [...set.classNames],
      preprocessing: set.preprocessing,
    });
    const last = await (await both.concat(arrays)).sample(40);
    return {
      all: all.sort(),
      expected: globalThis.messages.map(({ text }) => text).sort(),
      both: (await globalThis.textsOf(both)).sort(),
      last: ["text" in last, last.tokens],
      short: await globalThis.textsOf(await set.subset([0]), 5),
      none: await globalThis.textsOf(await set.subset([0]), 0),
      first: all[0],
      refused: await globalThis.failure(() => set.samples([0], { textLength: -1 })),
    };
  });
  expect(found.all).toEqual(found.expected);
  expect(found.both).toEqual(found.expected);
  expect(found.last).toEqual([false, ""]);
  expect([found.short, found.none]).toEqual([[`${found.first?.slice(0, 5)}…`], ["…"]]);
  expect(found.refused).toMatchObject({ code: "argument" });

  await openPage(page, plain.url);
  await give(page);
  const again = await page.evaluate(async () =>
    (await globalThis.textsOf(await globalThis.tabgrad.data.open("messages"))).sort(),
  );
  expect(again).toEqual(found.expected);
});

test("an export has texts as they were written, in their parts, and is read again", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const read = async (source: Parameters<typeof data.fromFiles>[0]) => {
      const set = await data.fromFiles(source);
      const texts = await globalThis.textsOf(set);
      const labels = await set.labels();
      const of = texts.map((text, i) => [text, set.classNames[labels[i] as number]].join(" | "));
      const held = await set.partIndices("test");
      return {
        set,
        all: of.sort(),
        held: (await globalThis.textsOf(await set.subset(held))).sort(),
        parts: set.parts,
        unreadable: set.report.unreadable,
      };
    };
    const { set, ...before } = await read(globalThis.messages);
    const { set: other, ...after } = await read(await set.export());
    // Parts that someone else decides about, for some of the samples.
    const some = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? ("validation" as const) : undefined));
    const { parts } = await data.fromFiles(await other.export({ parts: some }));
    return { before, after, parts, refused: await globalThis.failure(() => set.export({ parts: ["test"] })) };
  });
  expect(found.before.parts).toEqual({ train: 30, validation: 0, test: 10 });
  expect(found.after).toEqual(found.before);
  expect(found.parts).toEqual({ train: 0, validation: 10, test: 0 });
  expect(found.refused).toMatchObject({ code: "shape" });
});

test("texts in memory come back when the engine has failed", async ({ page }) => {
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${trap}\n${await response.text()}` });
  });
  const found = await page.evaluate(async () => {
    const { data, layers, sequential } = globalThis.tabgrad;
    const set = await (await data.fromFiles(globalThis.messages)).subset([7, 3]);
    const before = await globalThis.textsOf(set);
    const model = sequential({ inputShape: [2], layers: [layers.dense({ units: 1 })] });
    const failed = await globalThis.failure(() =>
      model.predict({ data: new Float32Array(6), shape: [3, 2] }),
    );
    return { before, failed, after: await globalThis.textsOf(set) };
  });
  expect(found.failed).toMatchObject({ code: "internal" });
  expect(found.before[0]).toMatch(/station|WINNER/);
  expect(found.after).toEqual(found.before);
});
