/** Tables that are exported as tables, and read again. */
import { expect, test } from "@playwright/test";
import { TextWriter, Uint8ArrayReader, ZipReader } from "@zip.js/zip.js";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

/** Offers: a text in quotation marks, a long number, a category, and a price. */
function offers(from: number, to: number): string {
  const rows = Array.from({ length: to - from }, (_, i) => {
    const row = from + i;
    return `"A ""quiet"" house,\nnumber ${row} of those by the lake",${1_234_567 + row}.25,${row % 2 ? "sold" : "free"},${row * 1000}`;
  });
  return ["offer,area,state,price", ...rows].join("\n");
}

/** The files of an archive. */
async function files(bytes: number[]): Promise<Map<string, string>> {
  const entries = await new ZipReader(new Uint8ArrayReader(Uint8Array.from(bytes))).getEntries();
  const texts = entries.map(async (entry) => {
    if (entry.directory) throw new Error(`${entry.filename} is a folder`);
    return [entry.filename, await entry.getData(new TextWriter())] as const;
  });
  return new Map(await Promise.all(texts));
}

test("a table with texts beside other columns is exported with all of it, and read again", async ({
  page,
}) => {
  const found = await page.evaluate(
    async (texts) => {
      const { data } = globalThis.tabgrad;
      const given = Object.entries(texts).map(([path, text]) => ({ path, file: new Blob([text]) }));
      const read = async (source: Parameters<typeof data.fromFiles>[0]) => {
        const set = await data.fromFiles(source, { target: "price" });
        const samples = await set.samples(Array.from({ length: set.length }, (_, i) => i));
        const held = [...(await set.partIndices("test"))];
        const all = samples
          .map(({ row, target }, i) => JSON.stringify([row, target, held.includes(i)]))
          .sort();
        return { set, all, parts: set.parts, left: set.report.table?.leftOutRows };
      };
      const { set, ...before } = await read(given);
      const archive = await set.export();
      const { set: _, ...after } = await read(archive);
      return { before, after, bytes: [...new Uint8Array(await archive.arrayBuffer())] };
    },
    { "train.csv": offers(0, 60), "test.csv": offers(60, 120) },
  );
  expect(found.before.all).toHaveLength(120);
  expect(found.before.all[0]).toContain("number 0 of those");
  expect(found.after).toEqual(found.before);
  const written = await files(found.bytes);
  expect([...written.keys()]).toEqual(["train.csv", "test.csv"]);
  // As they came.
  expect(written.get("test.csv")?.trim()).toBe(offers(60, 120));
});

test("texts that were rows are exported as rows, with a number or a class", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const bytes = async (blob: Blob) => [...new Uint8Array(await blob.arrayBuffer())];
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i % 2 ? "ham" : "spam"},${i / 8},"Text ${i}, word by word"`,
    );
    const file = new File([["kind,stars,message", ...rows].join("\n")], "m.csv");
    const kinds = await data.fromFiles(file, { target: "kind", ignore: ["stars"] });
    const some = await kinds.subset([1, 0], { labels: [0, 0] });
    const stars = await data.fromFiles(file, { target: "stars", ignore: ["kind"], task: "regression" });
    const half = await stars.subset([1, 3]);
    return {
      kinds: await bytes(await kinds.export()),
      folders: await bytes(await some.export()),
      some: await bytes(await some.export({ columns: { text: "message", target: "kind" } })),
      stars: await bytes(await stars.export()),
      half: await bytes(await half.export()),
    };
  });
  const lines = async (bytes: number[]) => (await files(bytes)).get("table.csv")?.trim().split("\n");
  expect((await lines(found.kinds))?.slice(0, 3)).toEqual([
    "message,kind",
    '"Text 0, word by word",spam',
    '"Text 1, word by word",ham',
  ]);
  // A part of it does not know of columns.
  expect([...(await files(found.folders)).keys()]).toEqual(["ham/000000.txt", "ham/000001.txt"]);
  expect(await lines(found.some)).toEqual([
    "message,kind",
    '"Text 1, word by word",ham',
    '"Text 0, word by word",ham',
  ]);
  expect((await lines(found.stars))?.slice(0, 3)).toEqual([
    "message,stars",
    '"Text 0, word by word",0',
    '"Text 1, word by word",0.125',
  ]);
  expect(await lines(found.half)).toEqual([
    "text,target",
    '"Text 1, word by word",0.125',
    '"Text 3, word by word",0.375',
  ]);
});
