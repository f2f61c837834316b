import { expect, test } from "@playwright/test";
import { open } from "./helpers";

test.beforeEach(({ page }) => open(page, "train"));

test("a kernel that is too large is marked at its layer, in words", async ({ page }) => {
  await page.getByLabel("Preset").selectOption({ label: "The classic" });
  const third = page.getByTestId("layer").nth(2);
  await third.getByRole("button").first().click();
  await third.getByLabel("kernel size").fill("13");
  await expect(third.getByRole("alert")).toContainText("13");
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeDisabled();
  await third.getByLabel("kernel size").fill("3");
  await expect(third.getByRole("alert")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeEnabled();
});

test("layers are added, moved and removed, and the totals follow", async ({ page }) => {
  const layers = page.getByTestId("layer");
  const total = page.locator(".total");
  await page.getByLabel("Preset").selectOption({ label: "The classic" });
  await expect(layers).toHaveCount(7);
  await expect(total).toContainText("5,994 parameters");
  const before = await total.textContent();
  await page.getByLabel("Add a layer").selectOption({ label: "convolution" });
  await expect(layers).toHaveCount(8);
  await expect(total).not.toHaveText(before ?? "");
  const added = layers.nth(4);
  await expect(added).toContainText("convolution");
  await added.getByRole("button").first().click();
  await added.getByRole("button", { name: "Move up" }).click();
  await expect(layers.nth(3)).toContainText("convolution");
  await layers.nth(3).getByRole("button", { name: "Remove" }).click();
  await expect(layers).toHaveCount(7);
  await expect(total).toHaveText(before ?? "");
});

test("an edited network is still there after a reload", async ({ page }) => {
  await page.getByLabel("Preset").selectOption({ label: "The classic" });
  const first = page.getByTestId("layer").first();
  await first.getByRole("button").first().click();
  await first.getByLabel("filters").fill("12");
  await expect(first).toContainText("24 × 24 × 12");
  await page.reload();
  await expect(first).toContainText("24 × 24 × 12");
});

test("numbers that make no sense are refused beside their field", async ({ page }) => {
  await page.getByLabel("Batch size").fill("0");
  await expect(page.getByText("Expected a whole number from 1 to 4,096.")).toBeVisible();
  await page.getByLabel("Batch size").fill("64");
  await page.getByLabel("Epochs").fill("many");
  await expect(page.getByText("Expected a whole number from 1 to 1,000.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeDisabled();
});
