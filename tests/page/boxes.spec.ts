import { readFile } from "node:fs/promises";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { root } from "../package/projects";
import { file, open } from "./helpers";

const names = ["BloodImage_00087.jpg", "BloodImage_00164.jpg", "BloodImage_00258.jpg", "boxes.json"];

async function cells(): Promise<Buffer> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const name of names) {
    const bytes = await readFile(join(root, "tests/golden/blood-cells", name));
    await writer.add(name, new Uint8ArrayReader(bytes));
  }
  return Buffer.from(await writer.close());
}

async function add(page: Page): Promise<void> {
  await open(page, "data");
  await page.getByTestId("files").setInputFiles([file("cells.zip", await cells())]);
  const card = page.getByRole("article", { name: "cells" });
  await expect(card).toContainText("23 boxes of 3 classes.");
  await page.getByRole("link", { name: "Open cells" }).click();
}

async function isAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}

test("pictures show their boxes, in the grid and larger, and say them", { tag: "@everywhere" }, async ({
  page,
}) => {
  await add(page);
  const grid = page.getByRole("gridcell");
  await expect(grid.nth(0)).toHaveAccessibleName("Sample 1, 8 boxes: 7 RBC, 1 WBC");
  await expect(grid.nth(2)).toHaveAccessibleName("Sample 3, 3 boxes: 2 Platelets, 1 WBC");
  await isAccessible(page);
  await grid.nth(2).click();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("img")).toHaveAccessibleName(/3 boxes: 2 Platelets, 1 WBC/);
  // Each box is lines of three colours, with its class beside them.
  await expect(dialog.locator("rect")).toHaveCount(9);
  await expect(dialog.locator(".boxes .name")).toHaveText(["WBC", "Platelets", "Platelets"]);
  await dialog.getByText("3 boxes: 2 Platelets, 1 WBC", { exact: true }).click();
  await expect(dialog.getByRole("listitem")).toHaveText([
    "Platelets at 205.6, 129.6, 34.4 × 32",
    "WBC at 176.8, 178.4, 132 × 131.2",
    "Platelets at 432.8, 315.2, 32.8 × 32.8",
  ]);
  await isAccessible(page);
});

test("the report counts boxes, and nothing is trained on them", async ({ page }) => {
  await add(page);
  await page.getByRole("link", { name: "Report" }).click();
  await expect(page.getByRole("heading", { name: "Boxes of each class" })).toBeVisible();
  await expect(page.getByText("17 in 2 images")).toBeVisible();
  await isAccessible(page);
  await page.getByRole("button", { name: "Use for training" }).click();
  await page.getByRole("navigation").getByRole("link", { name: "Train" }).click();
  await expect(page.getByText("Networks that find boxes cannot be trained yet.")).toBeVisible();
});

test("changes at random move boxes, and pictures with boxes are not mixed", async ({ page }) => {
  await add(page);
  await page.getByRole("link", { name: "Augmentation" }).click();
  await expect(page.getByRole("slider", { name: /Rotate/ })).toBeVisible();
  await expect(page.getByRole("slider", { name: /Mixup/ })).toHaveCount(0);
  const variants = page.getByRole("list", { name: "The sample in 12 epochs" });
  await expect(variants.locator(".boxes")).toHaveCount(12);
  const places = () =>
    variants.locator("rect").evaluateAll((rects) => rects.map((rect) => rect.getAttribute("x")).join(" "));
  const before = await places();
  await page.getByRole("slider", { name: /Flip left and right/ }).fill("1");
  await expect.poll(places).not.toBe(before);
});
