import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { answer, digits, draw, exported, open } from "./helpers";

/** Makes a model of one's own by a correction, and shows the list. */
async function withModel(page: Page): Promise<void> {
  await open(page, "draw");
  await draw(page, digits.one);
  await page.getByRole("button", { name: "7", exact: true }).click();
  await expect(page.getByText(/Learned in/)).toBeVisible();
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Digits, corrected" })).toBeVisible();
}

test("the list says what to do when it is empty", async ({ page }) => {
  await open(page, "models");
  await expect(page.getByText("No models of your own yet.")).toBeVisible();
});

test("a model is renamed and copied, and a name that is taken is refused", async ({ page }) => {
  await withModel(page);
  await page.getByRole("button", { name: "Rename Digits, corrected" }).click();
  await page.getByLabel("New name of Digits, corrected").fill("Digits");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("already a model called Digits");
  await page.getByLabel("New name of Digits, corrected").fill("My hand");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "My hand" })).toBeVisible();
  await expect(page.locator("footer .model")).toContainText("My hand");
  await page.getByRole("button", { name: "Copy My hand" }).click();
  await expect(page.getByRole("heading", { name: "My hand copy" })).toBeVisible();
});

test("a deleted model comes back by undo, and is gone after ten seconds without", async ({ page }) => {
  await withModel(page);
  await page.getByRole("button", { name: "Delete Digits, corrected" }).click();
  await expect(page.getByRole("heading", { name: "Digits, corrected" })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("heading", { name: "Digits, corrected" })).toBeVisible();
  await page.clock.install();
  await page.getByRole("button", { name: "Delete Digits, corrected" }).click();
  await page.clock.fastForward(9_000);
  await expect(page.getByText("was deleted")).toBeVisible();
  await page.clock.fastForward(1_100);
  await expect(page.getByText("was deleted")).toHaveCount(0);
  await page.reload();
  await expect(page.getByText("No models of your own yet.")).toBeVisible();
});

test("an exported model is imported again and answers alike", async ({ page }) => {
  await withModel(page);
  const download = await exported(page, "Digits, corrected");
  expect(download.suggestedFilename()).toBe("Digits, corrected.safetensors");
  const bytes = readFileSync(await download.path());
  await page
    .getByLabel("Model file")
    .setInputFiles({ name: "back.safetensors", mimeType: "application/octet-stream", buffer: bytes });
  await page.getByRole("button", { name: "Use back" }).click();
  await expect(page.locator("footer .model")).toContainText("back");
  await page.getByRole("link", { name: "Draw", exact: true }).click();
  await expect(answer(page)).toHaveText("7");
});

test("a file that is no model is refused by name", async ({ page }) => {
  await open(page, "models");
  const importFile = page.getByLabel("Model file");
  await importFile.setInputFiles({
    name: "junk.safetensors",
    mimeType: "application/octet-stream",
    buffer: Buffer.from("no weights in here"),
  });
  await expect(page.getByRole("alert")).toContainText("junk.safetensors");
  await expect(page.getByText("No models of your own yet.")).toBeVisible();
});
