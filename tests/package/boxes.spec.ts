/** Pictures with boxes, from files to datasets and back. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { openPage, usePlainPage } from "./plain-page.js";
import { root, runNode } from "./projects.js";

const plain = usePlainPage();
const names = ["BloodImage_00087.jpg", "BloodImage_00164.jpg", "BloodImage_00258.jpg", "boxes.json"];
/** Their files as they travel into a page. */
async function textsOfCells(): Promise<{ path: string; text: string }[]> {
  const read = names.map(async (name) => {
    const bytes = await readFile(join(root, "tests/golden/blood-cells", name));
    return { path: `cells/${name}`, text: bytes.toString("base64") };
  });
  return Promise.all(read);
}

declare global {
  /** The blood cells' files. */
  var cells: { path: string; file: Blob }[];
}

/** Gives a page the files. */
async function giveCells(page: Page): Promise<void> {
  await page.evaluate(
    (files) => {
      globalThis.cells = files.map(({ path, text }) => ({
        path,
        file: new Blob([Uint8Array.from(atob(text), (symbol) => symbol.charCodeAt(0))]),
      }));
    },
    await textsOfCells(),
  );
}

test.beforeEach(({ page }) => giveCells(page));

test("boxes come with their pictures and follow them", { tag: "@everywhere" }, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data, layers, sequential } = globalThis.tabgrad;
    const cells = await data.fromFiles(globalThis.cells, { size: [96, 128] });
    const { boxClassNames, classNames, report } = cells;
    const boxes = await cells.boxes();
    const [last] = await cells.boxes([2]);
    const some = await cells.subset([2, 0]);
    const [rest, share] = await cells.split({ fraction: 0.34, seed: 1 });
    const both = await rest.concat(share);
    const half = await cells.prepare({
      image: [
        { type: "resize", height: 48, width: 128 },
        { type: "crop", height: 48, width: 64, left: 64 },
      ],
      numeric: [],
    });
    const flipped = await cells.augmented([2], { flipHorizontal: 1, flipVertical: 1 });
    const model = sequential({
      inputShape: [96, 128, 3],
      layers: [layers.flatten(), layers.dense({ units: 3 })],
    });
    model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    return {
      boxClassNames,
      classNames,
      report: report.boxes,
      counts: boxes.map(({ length }) => length),
      last,
      sample: (await cells.sample(2)).boxes,
      subset: (await some.boxes()).map(({ length }) => length),
      joined: (await both.boxes()).flat().length,
      joinedNames: both.boxClassNames,
      half: (await half.boxes([2]))[0],
      flipped: flipped[0]?.boxes,
      without: data.fromArrays({ x: new Uint8Array(4), shape: [4, 1] }).boxClassNames ?? "none",
      refused: [
        await globalThis.failure(() => model.fit(cells, { epochs: 1 })),
        await globalThis.failure(() => cells.augmented([0], { mixup: 0.2 })),
        await globalThis.failure(() => cells.boxes([3])),
      ].map(({ code, message }) => `${code}: ${message}`),
    };
  });
  expect(found.boxClassNames).toEqual(["RBC", "WBC", "Platelets"]);
  expect(found.classNames).toEqual([]);
  expect(found.report).toMatchObject({
    count: 23,
    classes: [
      { name: "RBC", boxes: 17, samples: 2 },
      { name: "WBC", boxes: 3, samples: 3 },
      { name: "Platelets", boxes: 3, samples: 2 },
    ],
    empty: [],
    unannotated: [],
    missingCount: 0,
    refusedCount: 0,
  });
  expect(found.counts).toEqual([8, 12, 3]);
  expect(found.last).toHaveLength(3);
  const [platelets, white] = found.last ?? [];
  // Of [257, 162, 300, 202] and [221, 223, 386, 387], at a fifth of the size.
  expect(platelets).toMatchObject({ label: 2, name: "Platelets" });
  for (const [box, extent] of [
    [platelets, [51.4, 32.4, 8.6, 8]],
    [white, [44.2, 44.6, 33, 32.8]],
  ] as const) {
    const { x, y, width, height } = box ?? { x: 0, y: 0, width: 0, height: 0 };
    for (const [i, at] of [x, y, width, height].entries()) expect(at).toBeCloseTo(extent[i] ?? 0, 3);
  }
  expect(found.sample).toEqual(found.last);
  expect(found.subset).toEqual([3, 8]);
  expect([found.joined, found.joinedNames]).toEqual([23, found.boxClassNames]);
  // The right half, of half the height: the platelets on the left are not to be seen.
  expect(found.half?.map(({ name }) => name)).toEqual(["WBC", "Platelets"]);
  expect(found.half?.[0]?.x).toBe(0);
  expect(found.half?.[0]?.width).toBeCloseTo(44.2 + 33 - 64, 3);
  expect(found.half?.[0]?.height).toBeCloseTo(16.4, 3);
  expect(found.flipped?.[0]?.x).toBeCloseTo(128 - 51.4 - 8.6, 3);
  expect(found.flipped?.[0]?.y).toBeCloseTo(96 - 32.4 - 8, 3);
  expect(found.without).toBe("none");
  expect(found.refused).toEqual([
    expect.stringMatching(/^unsupported: dataset: found boxes and no targets/),
    expect.stringMatching(/^unsupported: augmentation: mixup is 0.2/),
    expect.stringMatching(/^argument: The dataset has no sample 3/),
  ]);
});

test("an export with boxes is read again", { tag: "@everywhere" }, async ({ page }) => {
  const {
    all: [before, after],
    cut,
  } = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const parts = ["train/", "val/", "train/", ""];
    const files = globalThis.cells.map(({ path, file }, i) => ({
      path: path.replace("/", `/${parts[i]}`),
      file,
    }));
    const cells = await data.fromFiles(files, { size: [77, 101] });
    const [train, validation] = [await cells.part("train"), await cells.part("validation")];
    const joined = await validation.concat(train);
    const cut = [train.parts, joined.parts, [...(await joined.partIndices("train"))]];
    const file = new File([await cells.export()], "cells.zip");
    const again = await data.fromFiles(file);
    const all = await Promise.all(
      [cells, again].map(async (dataset) => ({
        boxes: await dataset.boxes(),
        names: dataset.boxClassNames,
        parts: dataset.parts,
        train: [...(await dataset.partIndices("train"))],
        pixels: (await dataset.samples([0, 1, 2])).map(({ data }) => [...data.slice(0, 500)]),
        unreadable: dataset.report.unreadable,
      })),
    );
    return { all, cut };
  });
  expect(after).toEqual(before);
  expect(after?.parts).toEqual({ train: 2, validation: 1, test: 0 });
  expect(after?.unreadable).toEqual([]);
  const parts = { train: 2, validation: 0, test: 0 };
  expect(cut).toEqual([parts, { ...parts, validation: 1 }, [1, 2]]);
});

test("samples may be given other boxes", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const cells = await data.fromFiles(globalThis.cells, { size: [96, 128] });
    const box = { name: "dust", x: 1, y: 2, width: 3, height: 94 };
    const own = (await cells.boxes([1])).flat();
    const changed = await cells.subset([2, 1], { boxes: [[box], own] });
    const again = await changed.subset([1, 0]);
    const boxClassNames = ["RBC", "WBC", "Platelets", "crack", "dust"];
    const named = await cells.subset([2], { boxes: [[box]], boxClassNames });
    const outside = { ...box, width: 128 };
    return {
      names: changed.boxClassNames,
      named: [named.boxClassNames, (await named.boxes())[0]?.[0]?.label],
      boxes: await again.boxes(),
      own,
      before: (await cells.boxes([2])).flat().length,
      outside: await globalThis.failure(() => cells.subset([2], { boxes: [[outside]] })),
      few: await globalThis.failure(() => cells.subset([2, 1], { boxes: [[box]] })),
    };
  });
  expect(found.names).toEqual(["RBC", "WBC", "Platelets", "dust"]);
  expect(found.named).toEqual([["RBC", "WBC", "Platelets", "crack", "dust"], 4]);
  expect(found.boxes).toEqual([found.own, [{ name: "dust", label: 3, x: 1, y: 2, width: 3, height: 94 }]]);
  expect(found.before).toBe(3);
  expect(found.outside).toMatchObject({
    code: "data",
    message: expect.stringContaining("within 96x128 pixels"),
  });
  expect(found.few).toMatchObject({ code: "shape" });
});

test("examine counts boxes, also those of a test set", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const cells = await data.fromFiles(globalThis.cells, { size: [96, 128] });
    const whole = await cells.examine();
    const [train, test] = [await cells.subset([0, 1]), await cells.subset([2])];
    const both = await train.examine({ test });
    const plain = data.fromArrays({ x: new Uint8Array(96 * 128 * 3), shape: [1, 96, 128, 3] });
    const beside = await (await cells.subset([2])).examine({ test: plain });
    const tiny = await data.fromFiles(globalThis.cells, { size: [6, 8] });
    const none = await plain.examine();
    return {
      read: cells.report.boxes,
      whole: whole.boxes,
      both: both.boxes,
      beside: beside.boxes,
      tiny: (await tiny.examine()).boxes,
      none: none.boxes,
    };
  });
  expect(found.whole?.classes).toEqual([
    { name: "RBC", boxes: 17, samples: 2 },
    { name: "WBC", boxes: 3, samples: 3 },
    { name: "Platelets", boxes: 3, samples: 2 },
  ]);
  expect(found.whole).toMatchObject({
    count: 23,
    empty: [],
    tiny: [],
    duplicates: [],
    imbalance: { largest: 0, smallest: 1 },
  });
  expect(found.whole?.classes).toEqual(found.read?.classes);
  expect(found.both).toEqual(found.whole);
  expect(found.beside).toMatchObject({ count: 3, empty: [], unannotated: [1] });
  expect(found.tiny?.tiny?.length).toBeGreaterThan(15);
  expect(found.none).toBeUndefined();
});

test("a kept dataset has its boxes at the next visit, and others when it is overwritten", async ({
  page,
}) => {
  const before = await page.evaluate(async () => {
    const cells = await globalThis.tabgrad.data.fromFiles(globalThis.cells, {
      name: "cells",
      size: [48, 64],
    });
    return cells.boxes();
  });
  await openPage(page, plain.url);
  const after = await page.evaluate(async () => (await globalThis.tabgrad.data.open("cells")).boxes());
  expect(after).toEqual(before);
  await giveCells(page);
  const half = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const options = { name: "cells", size: [24, 32] as [number, number], overwrite: true };
    (await data.fromFiles(globalThis.cells, options)).dispose();
    return (await data.open("cells")).boxes();
  });
  const widths = (all: typeof before) => all.flat().map(({ width }) => width);
  expect(widths(half)).toHaveLength(23);
  for (const [i, width] of widths(half).entries()) expect(2 * width).toBeCloseTo(widths(before)[i] ?? 0, 3);
});

test("Node reads folders with boxes", async () => {
  const project = join(plain.folder, "../node");
  const program = `
    import { data } from "tabgrad";
    const cells = await data.fromFiles(process.argv[2], { size: [96, 128] });
    const boxes = await cells.boxes();
    console.log(JSON.stringify({ names: cells.boxClassNames, boxes, report: cells.report.boxes.count }));
    process.exit(0);`;
  await writeFile(join(project, "boxes.js"), program);
  const found = JSON.parse(await runNode(project, "boxes.js", join(root, "tests/golden/blood-cells")));
  expect(found.names).toEqual(["RBC", "WBC", "Platelets"]);
  expect([found.report, found.boxes.map(({ length }: { length: number }) => length)]).toEqual([
    23,
    [8, 12, 3],
  ]);
});
