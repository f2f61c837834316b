import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { addShapes, digits, draw, file, idx, images, labels, open } from "./helpers";

test.beforeEach(({ page }) => open(page, "data"));

async function png(page: Page, shade: number): Promise<Buffer> {
  const url = await page.evaluate((gray) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 12;
    const context = canvas.getContext("2d");
    if (context) context.fillStyle = `rgb(${gray} ${gray} ${gray})`;
    context?.fillRect(0, 0, 12, 12);
    return canvas.toDataURL("image/png");
  }, shade);
  return Buffer.from(url.split(",")[1] ?? "", "base64");
}

test("IDX files are added and can be used for training", { tag: "@everywhere" }, async ({ page }) => {
  await addShapes(page, 20);
  const card = page.getByRole("article", { name: "shapes" });
  await expect(card).toContainText("20 images of 8 × 8 × 1, 2 classes");
  await expect(card.getByRole("button", { name: "In use for training" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("article", { name: "shapes" })).toBeVisible();
});

test("a truncated IDX file is refused with what was found and expected", async ({ page }) => {
  const whole = idx([20, 8, 8], images(20));
  await page
    .getByTestId("files")
    .setInputFiles([
      file("bad-images-idx3-ubyte", whole.subarray(0, whole.length - 100)),
      file("bad-labels-idx1-ubyte", idx([20], labels(20))),
    ]);
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("bad-images-idx3-ubyte");
  await expect(alert).toContainText("found 1180 bytes after the header, expected 1280");
  await expect(page.getByRole("article", { name: "bad" })).toHaveCount(0);
});

test("labels without images, and files of the wrong kind, are named", async ({ page }) => {
  const alert = page.getByRole("alert");
  await page.getByTestId("files").setInputFiles([file("only-labels-idx1-ubyte", idx([20], labels(20)))]);
  await expect(alert).toContainText("only-labels-idx1-ubyte holds labels only");
  await page.getByTestId("files").setInputFiles([file("setup.exe", Buffer.from("MZ\x90\0\x03\0\0\0"))]);
  await expect(alert).toContainText("setup.exe");
  await page
    .getByTestId("files")
    .setInputFiles([file("broken.zip", Buffer.from("PK\x03\x04 but not really"))]);
  await expect(alert).toContainText("broken.zip");
});

test("a folder is added; the file that cannot be read is named with its reason", async ({ page }) => {
  const folder = join(mkdtempSync(join(tmpdir(), "tabgrad-")), "shades");
  for (const [name, shade] of [
    ["dark", 30],
    ["light", 220],
  ] as const) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 6; i++) writeFileSync(join(folder, name, `${i}.png`), await png(page, shade + i));
  }
  writeFileSync(join(folder, "dark", "photo.heic"), "not an image");
  await page.getByTestId("folder").setInputFiles(folder);
  const card = page.getByRole("article", { name: "shades" });
  await expect(card).toContainText("12 images of 12 × 12");
  await expect(card).toContainText("2 classes");
  await card.getByText("1 file was left out").click();
  await expect(card).toContainText("photo.heic");
});

test("a set is drawn by class and removed with undo", async ({ page }) => {
  await page.getByRole("button", { name: "Draw a set" }).click();
  await page.getByLabel("Name").fill("Marks");
  await page.getByLabel("Classes, separated by commas").fill("stroke");
  await page.getByRole("button", { name: "Start drawing" }).click();
  await expect(page.getByRole("alert")).toContainText("at least two classes, found 1");
  await page.getByLabel("Classes, separated by commas").fill("stroke, hook");
  await page.getByRole("button", { name: "Start drawing" }).click();
  for (const [strokes, name] of [
    [digits.one, "stroke"],
    [digits.seven, "hook"],
  ] as const) {
    await draw(page, strokes);
    await page.getByRole("button", { name: new RegExp(`^${name}`) }).click();
  }
  await expect(page.getByText("2 drawings kept.")).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
  const card = page.getByRole("article", { name: "Marks" });
  await card.getByRole("button", { name: "Show" }).click();
  await expect(card).toContainText("2 images of 28 × 28 × 1, 2 classes");
  await card.getByRole("button", { name: "Remove Marks" }).click();
  await expect(card).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(card).toBeVisible();
});

test("what is dropped anywhere on the place is added, also while a dataset is open", async ({ page }) => {
  await page.getByRole("link", { name: "Open MNIST digits" }).click();
  await expect(page.getByRole("article", { name: "MNIST digits" })).toBeVisible();
  const transfer = await page.evaluateHandle(
    (files) => {
      const transfer = new DataTransfer();
      for (const [name, bytes] of files) transfer.items.add(new File([Uint8Array.from(bytes)], name));
      return transfer;
    },
    [
      ["dropped-images-idx3-ubyte", [...idx([20, 8, 8], images(20))]],
      ["dropped-labels-idx1-ubyte", [...idx([20], labels(20))]],
    ] as [string, number[]][],
  );
  const place = page.locator(".place");
  await place.dispatchEvent("dragenter", { dataTransfer: transfer });
  await expect(page.getByText("Drop it to add a dataset")).toBeVisible();
  await place.dispatchEvent("drop", { dataTransfer: transfer });
  await expect(page.getByText("Drop it to add a dataset")).toHaveCount(0);
  await expect(page.getByRole("article", { name: "dropped" })).toContainText("20 images of 8 × 8 × 1");
});

/** A zip of twelve images in two folders, one of them with a file that is none. */
async function shades(page: Page): Promise<Buffer> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [name, shade] of [
    ["dark", 30],
    ["light", 220],
  ] as const) {
    for (let i = 0; i < 6; i++) {
      await writer.add(`${name}/${i}.png`, new Uint8ArrayReader(await png(page, shade + i)));
    }
  }
  await writer.add("dark/photo.heic", new TextReader("not an image"));
  return Buffer.from(await writer.close());
}

test("a dataset is kept, renamed and exported", { tag: "@everywhere" }, async ({ page }) => {
  await page.getByTestId("files").setInputFiles([file("shades.zip", await shades(page))]);
  await expect(page.getByRole("article", { name: "shades" })).toContainText("12 images of 12 × 12");
  await page.getByRole("button", { name: "Rename shades" }).click();
  await page.getByLabel("New name of shades").fill("MNIST digits");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("There is already a dataset called MNIST digits");
  await page.getByLabel("New name of shades").fill("Tones");
  await page.keyboard.press("Enter");
  const card = page.getByRole("article", { name: "Tones" });
  await expect(card).toBeVisible();

  // What was decided about it moves along.
  await page.getByRole("link", { name: "Open Tones" }).click();
  await page.getByRole("gridcell", { name: "Sample 1, class dark" }).click();
  await page.getByRole("grid").press("Delete");
  await page.getByRole("gridcell", { name: "Sample 2, class dark" }).click();
  await page.getByLabel("Relabel the selected").selectOption("light");
  await page.reload();
  await page.getByLabel("Show").selectOption({ label: "Relabelled" });
  await expect(
    page.getByRole("gridcell", { name: "Sample 2, class light, relabelled from dark" }),
  ).toBeVisible();

  await page.getByRole("link", { name: "All datasets" }).click();
  await page.getByRole("button", { name: "Export Tones as a zip" }).click();
  await expect(card.getByRole("status").last()).toContainText("Tones.zip: 11 samples");
});

test("an exported dataset is read again with what was decided about it", async ({ page }) => {
  await page.getByTestId("files").setInputFiles([file("shades.zip", await shades(page))]);
  const card = page.getByRole("article", { name: "shades" });
  await page.getByRole("link", { name: "Open shades" }).click();
  await page.getByRole("gridcell", { name: "Sample 1, class dark" }).click();
  await page.getByRole("grid").press("Delete");
  await page.getByRole("gridcell", { name: "Sample 2, class dark" }).click();
  await page.getByLabel("Relabel the selected").selectOption("light");

  // Firefox as it is driven here tells of no downloads.
  await page.getByRole("link", { name: "All datasets" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export shades as a zip" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("shades.zip");
  const path = await download.path();
  await page.getByTestId("files").setInputFiles([{ ...file("again.zip", readFileSync(path)) }]);
  const again = page.getByRole("article", { name: "again" });
  await expect(again).toContainText("11 images of 12 × 12");
  await expect(again.getByRole("listitem").filter({ hasText: "light" })).toContainText("7");

  await page.getByRole("button", { name: "Remove again" }).click();
  await expect(again).toHaveCount(0);
  await page.reload();
  await expect(card).toBeVisible();
  await expect(again).toHaveCount(0);
});
