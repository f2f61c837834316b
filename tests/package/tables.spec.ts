/** Tables and texts, from files to what a model says of a single row or text. */
import { expect, test } from "@playwright/test";
import { openPage, usePlainPage } from "./plain-page.js";

const plain = usePlainPage();

/** Flowers of three kinds, whose petals tell them apart; one row is too short, one has a gap. */
function flowers(): string {
  const kinds = [
    ["setosa", 5, 1.4],
    ["versicolor", 6, 4.2],
    ["virginica", 6.6, 5.6],
  ] as const;
  const rows = Array.from({ length: 150 }, (_, i) => {
    const [kind, sepal, petal] = kinds[i % 3] as (typeof kinds)[number];
    const shift = ((i * 7) % 11) / 20 - 0.25;
    const color = i % 2 === 0 ? "blue" : "white";
    return `${i},${(sepal + shift).toFixed(1)},${i === 40 ? "" : (petal + shift / 2).toFixed(2)},${color},${kind}`;
  });
  return ["Id,sepalLength,petalLength,color,species", ...rows, "150,5.1"].join("\n");
}

/** Headlines of two kinds, by folder. */
function headlines(): { path: string; text: string }[] {
  const words = {
    sport: ["match", "goal", "team", "coach", "league", "won", "player"],
    money: ["bank", "shares", "market", "profit", "price", "fell", "trade"],
  };
  return Object.entries(words).flatMap(([kind, words]) =>
    Array.from({ length: 40 }, (_, i) => {
      const word = (n: number) => words[(i * 3 + n * n + n) % words.length];
      return {
        path: `news/${kind}/${i}.txt`,
        text: `The ${word(0)} and the ${word(1)}: ${word(2)}, again ${i}.`,
      };
    }),
  );
}

test("a table is trained on, and a loaded model classifies a row", { tag: "@everywhere" }, async ({
  page,
}) => {
  test.setTimeout(60_000);
  const trained = await page.evaluate(async (csv) => {
    const { data, layers, sequential } = globalThis.tabgrad;
    const set = await data.fromFiles({ path: "flowers.csv", file: new Blob([csv]) });
    const [train, validation] = await set.split({ fraction: 0.2, seed: 1 });
    const model = sequential({
      inputShape: [...set.shape],
      seed: 5,
      layers: [
        layers.dense({ units: 8, activation: "relu" }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    });
    model.compile({
      optimizer: { type: "adam", learningRate: 0.02 },
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
    });
    await model.fit(train, { epochs: 40, batchSize: 16, seed: 2 });
    const { accuracy } = await model.evaluate(validation);
    await model.save("indexeddb://flowers");
    const row = { sepalLength: 5, petalLength: 1.4, color: "blue" };
    const { data: before } = await model.predict(row);
    return {
      accuracy,
      before: Array.from(before),
      length: set.length,
      shape: set.shape,
      classNames: set.classNames,
      sample: await set.sample(1),
      table: set.report.table,
      columns: set.report.columns?.map(({ name, missing }) => [name, missing]),
    };
  }, flowers());
  expect(trained.length).toBe(150);
  expect(trained.classNames).toEqual(["setosa", "versicolor", "virginica"]);
  expect(trained.accuracy).toBeGreaterThan(0.95);
  expect(trained.sample.row).toEqual({ sepalLength: 6.1, petalLength: 4.25, color: "white" });
  expect(trained.sample.label).toBe(1);
  expect(trained.table).toMatchObject({ target: "species", task: "classification", leftOutRows: 1 });
  expect(trained.table?.leftOut).toEqual([
    { file: "flowers.csv", line: 152, message: "found 2 fields, expected 5" },
  ]);
  expect(trained.table?.columns.map(({ name, use }) => [name, use])).toEqual([
    ["Id", "ignored"],
    ["sepalLength", "input"],
    ["petalLength", "input"],
    ["color", "input"],
    ["species", "target"],
  ]);
  expect(trained.table?.features).toEqual(["sepalLength", "petalLength", "color=blue", "color=white"]);
  expect(trained.columns).toContainEqual(["petalLength", 1]);

  // In another page, from the browser's storage, with nothing of the dataset.
  await openPage(page, plain.url);
  const loaded = await page.evaluate(async () => {
    const model = await globalThis.tabgrad.loadModel("indexeddb://flowers");
    const row = { sepalLength: 5, petalLength: 1.4, color: "blue" };
    const other = { color: "white", petalLength: "5.7", sepalLength: 6.7, more: null };
    return {
      one: Array.from((await model.predict(row)).data),
      both: (await model.predict([row, other])).shape,
      best: await model.classify(other, { top: 1 }),
      missing: await globalThis.failure(() => model.predict({ sepalLength: 5, color: "blue" })),
      wrong: await globalThis.failure(() => model.predict([row, { ...row, petalLength: "long" }])),
      text: await globalThis.failure(() => model.classify("no row")),
    };
  });
  expect(loaded.one).toEqual(trained.before);
  expect(loaded.both).toEqual([2, 3]);
  expect(loaded.best).toMatchObject([{ label: "virginica" }]);
  expect(loaded.missing).toMatchObject({ code: "notFound" });
  expect(loaded.missing.message).toContain('column "petalLength"');
  expect(loaded.wrong).toMatchObject({ code: "data" });
  expect(loaded.wrong.message).toContain('row 1: column "petalLength": found "long", expected a number');
  expect(loaded.text).toMatchObject({ code: "argument" });
});

test("texts are counted, trained on, and a loaded model classifies one", async ({ page }) => {
  test.setTimeout(60_000);
  const trained = await page.evaluate(async (list) => {
    const { data, layers, sequential } = globalThis.tabgrad;
    const files = list.map(({ path, text }) => ({ path, file: new Blob([text]) }));
    const preprocessing = { text: { output: "counts" as const, maxTokens: 500 } };
    const set = await data.fromFiles(files, { preprocessing });
    const ids = await data.fromFiles(files);
    const model = sequential({
      inputShape: [...set.shape],
      seed: 5,
      layers: [layers.dense({ units: 2, activation: "softmax" })],
    });
    model.compile({ optimizer: { type: "adam", learningRate: 0.05 }, loss: "sparseCategoricalCrossentropy" });
    await model.fit(set, { epochs: 20, batchSize: 16, seed: 2 });
    await model.save("indexeddb://news");
    const { text, tokens } = await ids.sample(0);
    return { text, tokens, ids: ids.shape, shape: set.shape, names: set.classNames };
  }, headlines());
  expect(trained.names).toEqual(["money", "sport"]);
  expect(trained.ids).toEqual([8]);
  expect(trained.tokens).toBe("the bank and the market trade again 0");
  expect(trained.text).toBe("The bank and the market: trade, again 0.");
  await openPage(page, plain.url);
  const found = await page.evaluate(async () => {
    const model = await globalThis.tabgrad.loadModel("indexeddb://news");
    return {
      best: await model.classify("Their COACH and a player", { top: 1 }),
      several: (await model.predict(["shares", "a goal", ""])).shape,
    };
  });
  expect(found.best).toMatchObject([{ label: "sport" }]);
  expect(found.several).toEqual([3, 2]);
});

/** Offers of houses: what stands in the text is worth as much as the rooms are. */
function houses(): string {
  const rows = Array.from({ length: 120 }, (_, i) => {
    const [rooms, lake] = [1 + (i % 6), i % 4 === 0];
    const price = 90_000 + 20_000 * rooms + (lake ? 80_000 : 0) + 10 * i;
    return `"A house with garden, number ${i}, ${lake ? "right by the lake" : "near the motorway"}",${rooms},${price}`;
  });
  return ["offer,rooms,price", ...rows].join("\n");
}

test("words of a text beside other columns help to estimate a number in its own unit", {
  tag: "@everywhere",
}, async ({ page }) => {
  test.setTimeout(60_000);
  const trained = await page.evaluate(async (csv) => {
    const { data, layers, sequential } = globalThis.tabgrad;
    const set = await data.fromFiles({ path: "houses.csv", file: new Blob([csv]) });
    const targets = await set.targets();
    const mean = targets ? targets.data.reduce((sum, price) => sum + price, 0) / set.length : 0;
    const scale = 40_000;
    const model = sequential({
      inputShape: [...set.shape],
      seed: 5,
      layers: [layers.dense({ units: 1 }), layers.rescaling({ scale, offset: mean })],
    });
    model.compile({
      optimizer: { type: "adam", learningRate: 0.05, epsilon: 1e-7 * scale ** 2 },
      loss: "meanSquaredError",
      metrics: ["meanAbsoluteError"],
    });
    await model.fit(set, { epochs: 60, batchSize: 16, seed: 2 });
    await model.save("indexeddb://houses");
    return {
      error: (await model.evaluate(set)).meanAbsoluteError,
      shape: targets?.shape,
      features: set.report.table?.features,
      sample: await set.sample(4),
      target: set.preprocessing.table?.target,
      classes: await model.evaluate(set, { details: true }).then(String, (error) => error.code),
    };
  }, houses());
  expect(trained.shape).toEqual([120, 1]);
  expect(trained.target).toBe("price");
  expect(trained.features).toEqual(expect.arrayContaining(["offer: lake", "offer: motorway", "rooms"]));
  expect(trained.sample.target).toEqual([270_040]);
  expect(trained.sample.row?.rooms).toBe(5);
  expect(String(trained.sample.row?.offer).split(" ")).toContain("lake");
  // Always saying the mean would err by some 38,000.
  expect(trained.error).toBeLessThan(3000);

  await openPage(page, plain.url);
  const asked = await page.evaluate(async () => {
    const model = await globalThis.tabgrad.loadModel("indexeddb://houses");
    const estimate = async (offer: string | null, rooms: number) =>
      (await model.predict({ offer, rooms })).data[0] as number;
    return {
      lake: await estimate("Right by the LAKE, a house with garden", 3),
      motorway: await estimate("Near the motorway, a house with garden", 3),
      nothing: await estimate(null, 3),
      missing: await globalThis.failure(() => model.predict({ rooms: 3 })),
    };
  });
  expect(asked.lake - asked.motorway).toBeGreaterThan(50_000);
  expect(Number.isFinite(asked.nothing)).toBe(true);
  expect(asked.missing).toMatchObject({ code: "notFound" });
  expect(asked.missing.message).toContain('column "offer"');
});

test("samples of a group stay together in splits and folds", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const item = (i: number) => ({
      path: `${i % 2 ? "a" : "b"}/${i}_${i % 5}.txt`,
      file: new Blob([`text ${i}`]),
    });
    const set = await data.fromFiles(
      Array.from({ length: 30 }, (_, i) => item(i)),
      { group: { namePart: 1 } },
    );
    const { groups, of } = set.report.groups ?? { groups: 0, of: [] };
    const different = (indices: Uint32Array) => Array.from(new Set(Array.from(indices, (i) => of[i])));
    const [rest, share] = await set.splitIndices({ fraction: 0.2, seed: 3, groups: of });
    const [train, test] = await set.split({ fraction: 0.2, seed: 3, groups: of });
    const csv = (path: string) => ({ path, file: new Blob(["a,b\n1,2\n"]) });
    return {
      groups,
      split: [different(rest), different(share)],
      lengths: [train.length, test.length],
      folds: (await set.folds({ folds: 5, groups: of })).map((fold) => different(fold).length),
      both: await globalThis.failure(() => set.split({ fraction: 0.2, stratified: true, groups: of })),
      few: await globalThis.failure(() => set.split({ fraction: 0.2, groups: [1, 2] })),
      column: await globalThis.failure(() => data.fromFiles(csv("t.csv"), { group: "c" })),
    };
  });
  expect(found.groups).toBe(5);
  expect(found.split.map((groups) => groups.length)).toEqual([4, 1]);
  expect(found.split.flat().sort()).toEqual([0, 1, 2, 3, 4]);
  expect(found.lengths).toEqual([24, 6]);
  expect(found.folds).toEqual([1, 1, 1, 1, 1]);
  expect(found.both).toMatchObject({ code: "argument" });
  expect(found.few).toMatchObject({ code: "shape" });
  expect(found.column).toMatchObject({ code: "notFound" });
});

test("a text that is no data is refused, and listed among good files", async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const item = (path: string, text: string) => ({ path, file: new Blob([text]) });
    const page = item("index.html", "<!doctype html>\n<title>A page</title>");
    const set = await data.fromFiles([item("poems.txt", "one day\nanother day"), page]);
    return {
      alone: await globalThis.failure(() => data.fromFiles(page)),
      readme: await globalThis.failure(() => data.fromFiles(item("README", "How this was made"))),
      length: set.length,
      unreadable: set.report.unreadable,
    };
  });
  expect(found.alone).toMatchObject({ code: "format" });
  expect(found.alone.message).toContain("index.html: found a web page, expected texts");
  expect(found.readme).toMatchObject({ code: "format" });
  expect(found.length).toBe(2);
  expect(found.unreadable).toMatchObject([{ name: "index.html", code: "format" }]);
});

test("what tables cannot be is said", async ({ page }) => {
  const failures = await page.evaluate(async (csv) => {
    const { data } = globalThis.tabgrad;
    const of = (text: string, options = {}) =>
      globalThis.failure(() => data.fromFiles({ path: "t.csv", file: new Blob([text]) }, options));
    return {
      target: await of(csv, { target: "kind" }),
      column: await of(csv, { columns: ["petal"] }),
      wide: await of(`${"x,".repeat(1_000_000)}\n1,2\n`),
      header: await of("a,b\n"),
      empty: await of(""),
      task: await of(csv, { task: "regression" }),
    };
  }, flowers());
  expect(failures.target).toMatchObject({ code: "notFound" });
  expect(failures.target.message).toContain('column "kind": the table has "Id", "sepalLength"');
  expect(failures.column).toMatchObject({ code: "notFound" });
  expect(failures.wide).toMatchObject({ code: "format" });
  expect(failures.wide.message).toContain("more than 16384 fields");
  expect(failures.header).toMatchObject({ code: "data" });
  expect(failures.empty).toMatchObject({ code: "format" });
  expect(failures.task).toMatchObject({ code: "data" });
  expect(failures.task.message).toContain('column "species"');
});

test("a column may have any name, and its value is there", { tag: "@everywhere" }, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { data } = globalThis.tabgrad;
    const names = ["__proto__", "constructor", "toString", "size"];
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i},${2 * i},${3 * i},${4 * i},${i % 2 ? "odd" : "even"}`,
    );
    const csv = [`${names.join()},kind`, ...rows].join("\n");
    const set = await data.fromFiles({ path: "names.csv", file: new Blob([csv]) });
    const [sample] = await set.samples([7]);
    const row = sample?.row ?? {};
    // By its own properties: "__proto__" in an object is something else.
    return Object.entries(row);
  });
  expect(new Map(found)).toEqual(
    new Map([
      ["__proto__", 7],
      ["constructor", 14],
      ["toString", 21],
      ["size", 28],
    ]),
  );
});
