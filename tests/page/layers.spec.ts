/** What is said of a layer besides its attributes, layers that join others, and presets that are graphs. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { file, open } from "./helpers";

test.beforeEach(async ({ page }) => {
  await open(page, "train");
  await page.getByLabel("Preset").selectOption({ label: "The classic" });
  await expect(page.getByTestId("layer")).toHaveCount(7);
});

const layer = (page: Page, place: number) => page.getByTestId("layer").nth(place - 1);
const toggle = (row: Locator) => row.getByRole("button").first().click();
const train = (page: Page) => page.getByRole("button", { name: "Train", exact: true });

async function isAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}

/** A zip of pictures of 32 x 32 pixels, red ones and blue ones. */
async function colours(page: Page): Promise<Buffer> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (let i = 0; i < 40; i++) {
    const red = i % 2 === 0;
    const url = await page.evaluate(
      (color) => {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 32;
        const context = canvas.getContext("2d");
        if (context) context.fillStyle = color;
        context?.fillRect(4, 4, 24, 24);
        return canvas.toDataURL("image/png");
      },
      red ? `rgb(${200 + i} 40 40)` : `rgb(40 40 ${200 + i})`,
    );
    const bytes = new Uint8Array(Buffer.from(url.split(",")[1] ?? "", "base64"));
    await writer.add(`${red ? "red" : "blue"}/${i}.png`, new Uint8ArrayReader(bytes));
  }
  return Buffer.from(await writer.close());
}

async function add(page: Page, name: RegExp): Promise<void> {
  const button = page.getByRole("button", { name: "Add a layer" });
  await expect(button).toBeEnabled();
  await button.click();
  await page.getByRole("option", { name }).click();
}

test("a layer is named, frozen and penalised, by the keyboard, and is so after a reload", async ({
  page,
}) => {
  const first = layer(page, 1);
  await toggle(first);
  await first.getByText("More of this layer").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(first.getByLabel("name")).toBeFocused();
  await page.keyboard.type("stem");
  await first.getByLabel("weights").selectOption("frozen");
  await first.getByLabel("L2 penalty").fill("-1");
  await expect(first.getByRole("alert").first()).toHaveText(
    "L2 penalty: Expected a number from 0, such as 0.0001.",
  );
  await expect(train(page)).toBeDisabled();
  await first.getByLabel("L2 penalty").fill("1e-4");
  await first.getByLabel("largest norm").fill("3");
  await expect(first.getByRole("alert")).toHaveCount(0);
  await expect(first.getByRole("button").first()).toContainText("stem, frozen, L2 0.0001, norm to 3, 8");
  await isAccessible(page);
  // What has no weights is not asked about them.
  await toggle(layer(page, 2));
  await layer(page, 2).getByText("More of this layer").click();
  await expect(layer(page, 2).getByLabel("name")).toBeVisible();
  await expect(layer(page, 2).getByLabel("weights")).toHaveCount(0);
  await expect(page.getByTestId("memory")).toContainText("Takes up to");
  await page.reload();
  await expect(layer(page, 1)).toContainText("stem, frozen, L2 0.0001, norm to 3");
  await expect(train(page)).toBeEnabled();
});

test("a name that two layers have is refused at the second", async ({ page }) => {
  for (const place of [1, 3]) {
    await toggle(layer(page, place));
    await layer(page, place).getByText("More of this layer").click();
    await layer(page, place).getByLabel("name").fill("twin");
  }
  await expect(layer(page, 3).getByRole("alert")).toContainText("the name is given twice");
  await expect(train(page)).toBeDisabled();
});

test("a layer joins an earlier one, moves along with it, and says when it is gone", async ({ page }) => {
  // Two layers of the same shape and their sum, in front of the flatten.
  await add(page, /^activation /);
  await add(page, /^add /);
  const sum = layer(page, 6);
  await expect(sum).toContainText("joins 4");
  await expect(sum.getByRole("alert")).toHaveCount(0);
  await toggle(sum);
  const joins = sum.getByLabel("joins with");
  await expect(joins.locator("option:checked")).toHaveText(/^4 max pooling, 4 × 4 × 16$/);
  // Shapes that do not fit are said in words.
  await joins.selectOption({ label: "3 convolution, 8 × 8 × 16" });
  await expect(sum.getByRole("alert")).toContainText(/8/);
  await expect(train(page)).toBeDisabled();
  await joins.selectOption({ label: "4 max pooling, 4 × 4 × 16" });
  await expect(sum.getByRole("alert")).toHaveCount(0);
  await isAccessible(page);
  await page.reload();
  await expect(layer(page, 6)).toContainText("joins 4");
  await expect(train(page)).toBeEnabled();

  // It stays with what it joins while that is above it.
  await toggle(layer(page, 5));
  await layer(page, 5).getByRole("button", { name: "Move up" }).click();
  await expect(layer(page, 6)).toContainText("joins 5");
  await layer(page, 4).getByRole("button", { name: "Move down" }).click();
  await toggle(layer(page, 4));
  await layer(page, 4).getByRole("button", { name: "Remove" }).click();
  await expect(layer(page, 5).getByRole("alert")).toHaveText(
    "It takes a layer that was removed. Choose another one below.",
  );
  await expect(train(page)).toBeDisabled();
  await toggle(layer(page, 5));
  await layer(page, 5).getByLabel("joins with").selectOption({ label: "3 convolution, 8 × 8 × 16" });
  await expect(layer(page, 5).getByRole("alert")).toHaveCount(0);
});

test("a layer takes another one than that above it", async ({ page }) => {
  await add(page, /^activation /);
  const added = layer(page, 5);
  await toggle(added);
  await added.getByText("More of this layer").click();
  await added.getByLabel("takes").selectOption({ label: "3 convolution, 8 × 8 × 16" });
  await expect(added).toContainText("takes 3");
  await expect(added).toContainText("8 × 8 × 16");
  // The pooling leads nowhere now.
  await expect(layer(page, 4).getByRole("alert")).toContainText("no layer takes its output");
});

test("pictures in colour have presets; a residual one is a graph that trains", async ({ page }) => {
  test.setTimeout(180_000);
  await open(page, "data");
  await page.getByTestId("files").setInputFiles([file("colours.zip", await colours(page))]);
  await expect(page.getByRole("article", { name: "colours" })).toContainText("32 × 32 × 3");
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await page.getByLabel("Dataset").selectOption({ label: "colours" });
  await expect(page.getByText("32 × 32 × 3", { exact: true })).toBeVisible();
  const preset = page.getByLabel("Preset");
  await expect(preset.locator('optgroup[label="For pictures in colour"] option')).toContainText([
    "Quick for colours",
  ]);
  await preset.selectOption({ label: "Quick for colours" });
  await expect(page.getByRole("button", { name: "Optimiser Muon" })).toBeVisible();
  await expect(page.getByLabel("First learning rate")).toHaveValue("0.2");
  await expect(page.getByLabel("Batch size")).toHaveValue("256");
  await expect(
    page.getByRole("checkbox", {
      name: /^Augment: flip left and right 50% of the time, crop after padding 2 px/,
    }),
  ).toBeChecked();
  await preset.selectOption({ label: "Residual, 8 layers" });
  await expect(page.getByRole("button", { name: "Optimiser SGD" })).toBeVisible();
  await expect(page.getByTestId("layer").filter({ hasText: /joins \d+/ })).toHaveCount(3);
  await expect(page.getByTestId("layer").getByRole("alert")).toHaveCount(0);
  // What someone has set stays, and is said.
  await page.getByLabel("Epochs", { exact: true }).fill("1");
  await preset.selectOption({ label: "Quick for colours" });
  await preset.selectOption({ label: "Residual, 8 layers" });
  await expect(page.getByLabel("Epochs", { exact: true })).toHaveValue("1");
  await expect(page.getByText("Not as the preset has it: epochs.")).toBeVisible();
  await isAccessible(page);
  await train(page).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 120_000 });
  await page.getByRole("button", { name: "Restore its settings" }).click();
  await expect(page.getByLabel("Epochs", { exact: true })).toHaveValue("15");
});
