import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import {
  type FileEntry,
  TextWriter,
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
  ZipWriter,
} from "@zip.js/zip.js";
import { tone } from "../package/projects/tones.js";
import { file, open } from "./helpers";

/** Rows of flowers: two classes that their length tells apart, a constant column, and gaps. */
function flowers(): Buffer {
  const rows = Array.from({ length: 60 }, (_, i) => {
    const small = i % 2 === 0;
    const length = (small ? 1.4 : 4.5) + (i % 7) / 10;
    const width = i % 15 === 0 ? "" : String((small ? 0.3 : 1.5) + (i % 5) / 10);
    return `${length},${width},garden,${i % 3 === 0 ? "shade" : "sun"},${small ? "setosa" : "other"}`;
  });
  return Buffer.from(["length,width,where,light,kind", ...rows].join("\n"));
}

function messages(): Buffer {
  const rows = Array.from({ length: 40 }, (_, i) =>
    i % 2 === 0
      ? `spam,"Win a free prize number ${i} now, call today and claim your reward"`
      : `ham,"See you at the station around ${i} past, I bring the book along"`,
  );
  return Buffer.from(["label,text", ...rows].join("\n"));
}

async function recordings(): Promise<Buffer> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (let i = 0; i < 12; i++) {
    const high = i % 2 === 0;
    const sound = tone((high ? 2000 : 300) + 20 * i, { seconds: 0.5, seed: i + 1 }) as Blob;
    const bytes = new Uint8Array(await sound.arrayBuffer());
    await writer.add(`${high ? "high" : "low"}/${i}.wav`, new Uint8ArrayReader(bytes));
  }
  return Buffer.from(await writer.close());
}

async function add(page: Page, name: string, buffer: Buffer): Promise<void> {
  await open(page, "data");
  await page.getByTestId("files").setInputFiles([file(name, buffer)]);
  await page.getByRole("link", { name: `Open ${name.split(".")[0]}` }).click();
}

async function isAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}

const cells = (page: Page) => page.getByRole("gridcell");
const bar = (page: Page) => page.getByRole("group", { name: "What is selected" });

test("a table is shown by rows and columns, edited, and read anew for another column", {
  tag: "@everywhere",
}, async ({ page }) => {
  await add(page, "flowers.csv", flowers());
  await expect(page.getByText(/^60 rows of \d+, 2 classes$/)).toBeVisible();
  await expect(page.getByText("light", { exact: true })).toBeVisible();
  const first = cells(page).first();
  await expect(first).toHaveAccessibleName(/^Sample \d+, class (setosa|other): .*length \d/);
  await first.click();
  await bar(page).getByRole("button", { name: "Exclude" }).click();
  await expect(first).toHaveAccessibleName(/excluded/);
  await page.keyboard.press("ControlOrMeta+z");
  await expect(first).not.toHaveAccessibleName(/excluded/);
  await first.click();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toContainText("light");
  await page.keyboard.press("Escape");
  await isAccessible(page);

  await page.getByRole("link", { name: "Columns" }).click();
  const target = page.getByLabel("Column to answer");
  await expect(target).toHaveValue("kind");
  await expect(page.getByRole("row", { name: /^where / })).toContainText("always the same");
  await expect(page.getByRole("row", { name: /^width / })).toContainText("6.7% missing");
  await isAccessible(page);
  await target.selectOption("light");
  await expect(page.getByText("Its values are the classes.")).toBeVisible();
  await expect(target).toHaveValue("light");
  await page.getByLabel("Use length").uncheck();
  await expect(page.getByLabel("Use length")).not.toBeChecked();
  await page.getByRole("link", { name: "Samples" }).click();
  await expect(cells(page).first()).toHaveAccessibleName(/class (shade|sun): (?!.*length)/);
  // One dataset, under its name, also after a reload; there the file is not at hand any more.
  await page.reload();
  await page.getByRole("link", { name: "Columns" }).click();
  await expect(target).toBeDisabled();
  await page.getByRole("link", { name: "All datasets" }).click();
  await expect(page.getByRole("article", { name: "flowers" })).toHaveCount(1);
});

test("rows and texts of a table are exported as a table, with what was decided about them", async ({
  page,
}) => {
  const table = async (name: string) => {
    await page.getByRole("link", { name: "All datasets" }).click();
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: `Export ${name} as a zip` }).click(),
    ]);
    const reader = new ZipReader(new Uint8ArrayReader(await readFile(await saved.path())));
    const [only, ...more] = await reader.getEntries();
    expect([only?.filename, more.length]).toEqual(["table.csv", 0]);
    return (await (only as FileEntry).getData(new TextWriter())).trim().split("\n");
  };
  await add(page, "flowers.csv", flowers());
  await page.getByLabel("Order").selectOption({ label: "As they came" });
  await cells(page).first().click();
  await bar(page).getByRole("button", { name: "Exclude" }).click();
  const rows = await table("flowers");
  expect(rows).toHaveLength(60);
  expect(rows.slice(0, 2)).toEqual(["length,width,where,light,kind", "4.6,1.6,garden,sun,other"]);

  await add(page, "messages.csv", messages());
  await page.getByLabel("Order").selectOption({ label: "As they came" });
  await cells(page).first().click();
  await bar(page).getByLabel("Relabel").selectOption("ham");
  const texts = await table("messages");
  expect(texts).toHaveLength(41);
  expect(texts.slice(0, 2)).toEqual([
    "text,label",
    '"Win a free prize number 0 now, call today and claim your reward",ham',
  ]);
});

test("a table is trained on by a network for rows", async ({ page }) => {
  test.setTimeout(120_000);
  await add(page, "flowers.csv", flowers());
  await expect(page.getByText(/^60 rows of/)).toBeVisible();
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await expect(page.getByText("60 rows of")).toBeVisible();
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId("validation")).toHaveText(/^loss [\d.]+, [\d.]+%$/);
});

test("texts are told apart by a network for rows", async ({ page }) => {
  test.setTimeout(120_000);
  await add(page, "messages.csv", messages());
  await expect(page.getByText(/^40 texts of/)).toBeVisible();
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await expect(page.getByText("40 texts of")).toBeVisible();
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByTestId("accuracy")).toHaveText("100%", { timeout: 60_000 });
  await page.getByRole("link", { name: "Draw", exact: true }).click();
  await page.getByLabel("A text").fill("Win a free prize, call now");
  await expect(page.getByTestId("answer")).toContainText("spam");
  await page.getByLabel("A text").fill("See you at the station");
  await expect(page.getByTestId("answer")).toContainText("ham");
});

/** Offers of houses, whose prices follow from rooms and place. */
function houses(): Buffer {
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [rooms, lake] = [1 + (i % 6), i % 3 === 0];
    const price = 90_000 + 20_000 * rooms + (lake ? 60_000 : 0) + 500 * ((i * 7) % 11);
    return `"House ${i} with garden, ${lake ? "by the lake" : "near the motorway"}",${rooms},${i % 2 === 0},${price}`;
  });
  return Buffer.from(["offer,rooms,garage,price", ...rows].join("\n"));
}

test("a number is estimated: trained, measured in its unit, plotted, and asked for by a form", async ({
  page,
}) => {
  test.setTimeout(120_000);
  await add(page, "houses.csv", houses());
  await expect(page.getByText(/^200 rows of \d+, price to be estimated$/)).toBeVisible();
  await expect(cells(page).first()).toContainText("170000");
  await page.getByRole("link", { name: "Columns" }).click();
  await expect(page.getByLabel("Its values are")).toHaveValue("regression");
  await expect(page.getByRole("row", { name: /^offer / })).toContainText("input");
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await expect(page.getByText("price to be estimated")).toBeVisible();
  await expect(page.getByRole("button", { name: /^rescaling ×/ })).toBeVisible();
  await expect(page.getByLabel("Label smoothing")).toHaveCount(0);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByTestId("mae")).toBeVisible({ timeout: 60_000 });
  const figure = async (id: string) =>
    Number((await page.getByTestId(id).textContent())?.replaceAll(",", ""));
  // Always saying the mean would err by some 45,000.
  expect(await figure("mae")).toBeLessThan(20_000);
  expect(await figure("rmse")).toBeGreaterThanOrEqual(await figure("mae"));
  expect(await figure("r2")).toBeGreaterThan(0.7);
  const plot = page
    .getByRole("region", { name: /estimates price/ })
    .getByRole("img", { name: /Predicted against actual price/ });
  await expect(plot).toBeVisible();
  await expect(page.locator("footer .model")).toContainText("±");
  await isAccessible(page);

  await page.getByRole("link", { name: "Draw", exact: true }).click();
  const estimate = page.getByTestId("estimate");
  await page.getByLabel("offer").fill("A house with garden, by the lake");
  await page.getByLabel("rooms").fill("6");
  const price = async () => Number((await estimate.textContent())?.replaceAll(",", ""));
  await expect.poll(price).toBeGreaterThan(200_000);
  await page.getByLabel("offer").fill("A house with garden, near the motorway");
  await page.getByLabel("rooms").fill("1");
  await expect.poll(price).toBeLessThan(170_000);
  await page.getByLabel("rooms").fill("many");
  await expect(page.getByRole("alert")).toContainText('olumn "rooms": found "many"');
  await isAccessible(page);
  // The model keeps all that over a reload.
  await page.reload();
  await expect.poll(price).toBeGreaterThan(0);
});

test("numbers of few values are classes unless someone says otherwise", async ({ page }) => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${(i * 3) % 5},${i % 3}`);
  await add(page, "grades.csv", Buffer.from(["a,b,grade", ...rows].join("\n")));
  await expect(page.getByText(/^60 rows of 2, 3 classes$/)).toBeVisible();
  await page.getByRole("link", { name: "Columns" }).click();
  await page.getByLabel("Its values are").selectOption("regression");
  await expect(page.getByText(/^60 rows of 2, grade to be estimated$/)).toBeVisible();
});

test("samples that belong together stay together, by a column and by names of files", async ({ page }) => {
  test.setTimeout(60_000);
  const visits = Array.from(
    { length: 60 },
    (_, i) => `p${i % 10},${30 + (i % 10)},${i % 7},${i % 3 ? "ill" : "well"}`,
  );
  await add(page, "visits.csv", Buffer.from(["patient,age,dose,state", ...visits].join("\n")));
  await page.getByRole("link", { name: "Split" }).click();
  await expect(page.getByLabel("Whole groups")).toBeDisabled();
  await page.getByLabel("What belongs together").selectOption("rows with the same patient");
  await expect(
    page.getByText("48 samples to train on, 12 kept back (20.0%): 8 groups and 2, none of them in both"),
  ).toBeVisible();
  await expect(page.getByLabel("Whole groups")).toBeChecked();
  await page.getByLabel("How much").selectOption({ label: "one of 5 parts" });
  await expect(page.getByText("8 groups and 2, none of them in both")).toBeVisible();
  await isAccessible(page);
  await page.getByRole("link", { name: "Columns" }).click();
  await expect(page.getByRole("row", { name: /^patient / })).toContainText(
    "it says which rows belong together",
  );
  // Known over a reload, where the file is not at hand.
  await page.reload();
  await page.getByRole("link", { name: "Split" }).click();
  await expect(page.getByText("8 groups and 2, none of them in both")).toBeVisible();
  await page.getByLabel("At random from all").check();
  await expect(page.getByText("48 samples to train on, 12 kept back (20.0%)", { exact: true })).toBeVisible();

  await add(page, "noises.zip", await recordings());
  await page.getByRole("link", { name: "Split" }).click();
  await page.getByLabel("What belongs together").selectOption("files in one folder");
  await expect(
    page.getByText("6 samples to train on, 6 kept back (50.0%): 1 group and 1, none of them in both"),
  ).toBeVisible();
});

test("texts are shown as texts", { tag: "@everywhere" }, async ({ page }) => {
  await add(page, "messages.csv", messages());
  await expect(page.getByText(/^40 texts of/)).toBeVisible();
  await expect(cells(page).first()).toHaveAccessibleName(/^Sample \d+, class ham: .*station/);
  await page.getByRole("grid", { name: "Samples" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await expect(bar(page)).toContainText("1 selected");
  await bar(page).getByLabel("Relabel").selectOption("spam");
  await expect(page.getByText("1 sample relabelled as spam")).toBeVisible();
  await isAccessible(page);
  await page.getByRole("link", { name: "Split" }).click();
  await page.getByLabel("The same share of each class").check();
  await page.getByLabel("How much").selectOption({ label: "one of 4 parts" });
  await expect(page.getByText("30 samples to train on, 10 kept back (25.0%)")).toBeVisible();
  await page.getByLabel("Which part").selectOption({ label: "part 4" });
  await expect(page.getByText("30 samples to train on, 10 kept back (25.0%)")).toBeVisible();
});

test("a text is shown as it was written, and at a later visit", { tag: "@everywhere" }, async ({
  page,
  browserName,
}) => {
  const words = "Word after word, ".repeat(2000);
  const long = (i: number) => `Number ${i}:\n${words}END`;
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (let i = 0; i < 8; i++) {
    const text = i % 2 === 0 ? `Win £${i}, NOW!\nCall us.` : long(i);
    await writer.add(`${i % 2 === 0 ? "spam" : "ham"}/${i}.txt`, new Uint8ArrayReader(Buffer.from(text)));
  }
  await add(page, "mails.zip", Buffer.from(await writer.close()));
  const look = async () => {
    await expect(cells(page).nth(4)).toHaveAccessibleName(
      /^Sample \d, class spam: Win £\d, NOW!\s+Call us\.$/,
    );
    // A long one is cut in the list, and shown whole when one asks for it.
    await expect(cells(page).first()).toHaveAccessibleName(/^Sample \d, class ham: Number \d:\s.{280,300}…$/);
    await cells(page).first().click();
    await page.getByRole("grid", { name: "Samples" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("The first 20,000 characters are shown.");
    await expect(dialog).not.toContainText("END");
    await isAccessible(page);
    await dialog.getByRole("button", { name: "Show the whole text" }).click();
    await expect(dialog).toContainText("END");
    await expect(dialog.getByRole("button", { name: "Show the whole text" })).toHaveCount(0);
    await dialog.getByText("The words that the network sees").click();
    await expect(dialog).toContainText("after after after");
    await page.keyboard.press("Escape");
  };
  await look();
  await page.reload();
  await look();
  // Its driver tells nothing of downloads.
  if (browserName === "firefox") return;
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page
      .getByRole("link", { name: "All datasets" })
      .click()
      .then(() => page.getByRole("button", { name: "Export mails as a zip" }).click()),
  ]);
  const reader = new ZipReader(new Uint8ArrayReader(await readFile(await saved.path())));
  const entries = await reader.getEntries();
  expect(entries.map(({ filename }) => filename.split("/")[0]).sort()).toEqual([
    ...Array(4).fill("ham"),
    ...Array(4).fill("spam"),
  ]);
  const texts = await Promise.all(entries.map((entry) => (entry as FileEntry).getData(new TextWriter())));
  expect(texts.sort()).toEqual(
    Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? `Win £${i}, NOW!\nCall us.` : long(i))).sort(),
  );
});

test("recordings are shown by their spectra, and played", { tag: "@everywhere" }, async ({ page }) => {
  await add(page, "noises.zip", await recordings());
  await expect(page.getByText(/^12 recordings of 32 × 64 × 1, 2 classes$/)).toBeVisible();
  await expect(cells(page).first()).toHaveAccessibleName(/^Sample \d+, class high/);
  // Painted in colours, and not in greys.
  await expect
    .poll(() =>
      page
        .getByRole("grid")
        .locator("canvas")
        .first()
        .evaluate((canvas: HTMLCanvasElement) => {
          const pixels = canvas.getContext("2d")?.getImageData(20, 20, 20, 20).data ?? [];
          return pixels.some((value, i) => i % 4 === 0 && value !== pixels[i + 1]);
        }),
    )
    .toBe(true);
  await page.getByRole("button", { name: "Play sample 1", exact: true }).click();
  await page.getByRole("grid", { name: "Samples" }).focus();
  await page.keyboard.press("p");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await isAccessible(page);
  await page.getByRole("link", { name: "Augmentation" }).click();
  await page.getByRole("button", { name: "Recordings" }).click();
  await expect(page.getByText("up to ±6 dB")).toBeVisible();
  await expect(page.getByText("Rotate")).toHaveCount(0);
  await expect(page.getByRole("list", { name: "The sample in 12 epochs" }).getByRole("img")).toHaveCount(12);
});

test("a browser without a file system of the page's own says what that limits", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator.storage, "getDirectory", { value: undefined });
  });
  await open(page, "data");
  await expect(page.getByRole("note")).toContainText("no file system of their own");
});
