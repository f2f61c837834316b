import AxeBuilder from "@axe-core/playwright";
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
  await page.getByRole("button", { name: "Add a layer" }).click();
  await page.getByRole("option", { name: /^convolution Slides/ }).click();
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

test("a kind of layer is found by a word and added by the keyboard alone", async ({ page }) => {
  const add = page.getByRole("button", { name: "Add a layer" });
  const layers = page.getByTestId("layer");
  await page.getByLabel("Preset").selectOption({ label: "The classic" });
  await expect(layers).toHaveCount(7);
  // The engine says which kinds there are.
  await expect(add).toBeEnabled();
  await add.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add a layer" });
  const search = dialog.getByRole("combobox", { name: "Search" });
  await expect(search).toBeFocused();
  expect(await dialog.getByRole("option").count()).toBeGreaterThan(20);
  // Each says what it does, in its group.
  await expect(dialog.getByRole("group", { name: "Dense" }).getByRole("option")).toContainText(
    "Connects every input",
  );
  await page.keyboard.type("left out");
  await expect(dialog.getByText("No kind of layer is called so")).toBeVisible();
  await search.fill("leaves out");
  const dropout = dialog.getByRole("option", { name: /^dropout/ });
  await expect(dropout).toHaveAttribute("aria-selected", "true");
  await search.fill("pool");
  await page.keyboard.press("ArrowDown");
  const second = dialog.getByRole("option").nth(1);
  await expect(second).toHaveAttribute("aria-selected", "true");
  await expect(search).toHaveAttribute("aria-activedescendant", (await second.getAttribute("id")) as string);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(add).toBeFocused();
  await expect(layers).toHaveCount(8);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(layers).toHaveCount(8);
});
