import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { addShapes, open } from "./helpers";

/** Opens a set of 200 images of two classes, "0" and "1" in turn. */
async function openShapes(page: Page): Promise<void> {
  await open(page, "data");
  await addShapes(page, 200);
  await page.getByRole("link", { name: "Open shapes" }).click();
  await expect(page.getByRole("grid", { name: "Samples" })).toBeVisible();
}

const selected = (page: Page) => page.getByRole("gridcell", { selected: true });
const bar = (page: Page) => page.getByRole("group", { name: "What is selected" });

test("samples are shown by class, filtered, and drawn", { tag: "@everywhere" }, async ({ page }) => {
  await openShapes(page);
  const grid = page.getByRole("grid", { name: "Samples" });
  await expect(page).toHaveTitle(/^Data/);
  await expect(grid.getByRole("gridcell").first()).toHaveAccessibleName("Sample 1, class 0");
  const rows = Number(await grid.getAttribute("aria-rowcount"));
  const columns = Number(await grid.getAttribute("aria-colcount"));
  expect(rows).toBe(Math.ceil(200 / columns));
  // Painted: more than one grey on the first row.
  await expect
    .poll(() =>
      grid
        .locator("canvas")
        .first()
        .evaluate((canvas: HTMLCanvasElement) => {
          const pixels = canvas.getContext("2d")?.getImageData(0, 0, 60, 60).data ?? [];
          return new Set(pixels).size;
        }),
    )
    .toBeGreaterThan(5);
  const chosen = page.getByRole("combobox", { name: /^Class/ });
  await chosen.selectOption({ label: "1 (100)" });
  await expect(page.getByText("100 samples", { exact: true })).toBeVisible();
  await expect(grid.getByRole("gridcell").first()).toHaveAccessibleName("Sample 2, class 1");
  await chosen.selectOption({ label: "All classes" });
  await page.getByLabel("Order").selectOption({ label: "As they came" });
  await expect(grid.getByRole("gridcell").nth(1)).toHaveAccessibleName("Sample 2, class 1");
});

test("samples are selected by click, with Shift, and with the keyboard", async ({ page }) => {
  await openShapes(page);
  const cells = page.getByRole("gridcell");
  await cells.nth(2).click();
  await expect(bar(page)).toContainText("1 selected");
  await cells.nth(5).click({ modifiers: ["Shift"] });
  await expect(bar(page)).toContainText("4 selected");
  await cells.nth(3).click({ modifiers: ["ControlOrMeta"] });
  await expect(selected(page)).toHaveCount(3);
  const grid = page.getByRole("grid", { name: "Samples" });
  await grid.focus();
  await page.keyboard.press("Escape");
  await expect(bar(page)).toContainText("None selected");
  await page.keyboard.press("Home");
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(bar(page)).toContainText("3 selected");
  await page.keyboard.press("End");
  const active = page.locator(".active[role=gridcell]");
  await expect(active).toHaveAccessibleName("Sample 200, class 1");
  await expect(grid).toHaveAttribute("aria-activedescendant", (await active.getAttribute("id")) ?? "none");
  await page.keyboard.press("ControlOrMeta+a");
  await expect(bar(page)).toContainText("200 selected");
});

test("samples are relabelled and excluded; that can be undone and outlives a reload", {
  tag: "@everywhere",
}, async ({ page }) => {
  await openShapes(page);
  await page.getByRole("gridcell", { name: "Sample 1, class 0" }).click();
  await bar(page).getByLabel("Relabel").selectOption("1");
  await expect(page.getByRole("gridcell", { name: "Sample 1, class 1, relabelled from 0" })).toBeVisible();
  await page.getByLabel("Order").selectOption({ label: "As they came" });
  await page.getByRole("gridcell", { name: "Sample 3, class 0" }).click();
  await page.getByRole("grid").press("Delete");
  await expect(page.getByRole("gridcell", { name: "Sample 3, class 0, excluded" })).toBeVisible();
  await page.getByLabel("Show").selectOption({ label: "Excluded" });
  await expect(page.getByText("1 sample", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("No sample is excluded.")).toBeVisible();
  await page.getByRole("button", { name: "Redo" }).click();
  await expect(page.getByRole("gridcell", { name: "Sample 3, class 0, excluded" })).toBeVisible();

  await page.reload();
  await expect(page.getByRole("article", { name: "shapes" })).toBeVisible();
  await page.getByLabel("Show").selectOption({ label: "Relabelled" });
  await expect(page.getByRole("gridcell", { name: "Sample 1, class 1, relabelled from 0" })).toBeVisible();
  // 199 are left: 98 of class 0, 101 of class 1.
  await page.getByRole("link", { name: "Split" }).click();
  await expect(page.getByText("159 samples to train on, 40 kept back")).toBeVisible();
});

test("a sample is looked at closely and changed there", async ({ page }) => {
  await openShapes(page);
  await page.getByRole("gridcell").nth(1).dblclick();
  const dialog = page.getByRole("dialog", { name: "Sample 3" });
  await expect(dialog).toContainText("8 × 8 × 1");
  await dialog.getByRole("button", { name: "Exclude" }).click();
  await expect(dialog).toContainText("excluded");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("dialog", { name: "Sample 5" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("ControlOrMeta+z");
  await expect(page.getByRole("button", { name: "Undo" })).toBeDisabled();
});

test("the split is chosen by share and seed, and what cannot be is said", async ({ page }) => {
  await openShapes(page);
  await page.getByRole("link", { name: "Split" }).click();
  await expect(page.getByText("160 samples to train on, 40 kept back (20.0%)")).toBeVisible();
  await page.getByLabel("Kept back, %").fill("35");
  await expect(page.getByText("130 samples to train on, 70 kept back (35.0%)")).toBeVisible();
  await expect(page.getByRole("row", { name: "0 65 35" })).toBeVisible();
  await page.getByLabel("At random from all").check();
  await page.getByLabel("Seed").fill("1.5");
  await expect(page.getByText("Expected a whole number from 0.")).toBeVisible();
  await page.getByLabel("Seed").fill("11");
  await page.reload();
  await expect(page.getByLabel("Seed")).toHaveValue("11");
  await expect(page.getByText("130 samples to train on, 70 kept back (35.0%)")).toBeVisible();
  await expect(page.getByLabel("At random from all")).toBeChecked();
});

test("augmentation is tried on a sample, kept, and used by the run", async ({ page }) => {
  await openShapes(page);
  await page.getByRole("link", { name: "Augmentation" }).click();
  const variants = page.getByRole("list", { name: "The sample in 12 epochs" }).getByRole("listitem");
  await expect(variants).toHaveCount(12);
  const pictures = () =>
    variants.evaluateAll((items) =>
      items.map((item) => (item.querySelector("canvas") as HTMLCanvasElement).toDataURL()),
    );
  expect(new Set(await pictures()).size).toBe(1);
  await page.getByRole("slider", { name: "Rotate" }).fill("90");
  await expect(page.getByRole("slider", { name: "Rotate" })).toHaveAttribute("aria-valuetext", "up to ±90°");
  await expect.poll(async () => new Set(await pictures()).size).toBe(12);
  // Grey images have no colours to change.
  await expect(page.getByRole("slider", { name: "Hue" })).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("slider", { name: "Rotate" })).toHaveValue("90");
  await page.getByRole("button", { name: "Handwriting" }).click();
  await expect(page.getByRole("slider", { name: "Rotate" })).toHaveValue("15");
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await expect(page.getByText("rotate up to ±15°")).toBeVisible();
});

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing in a dataset, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await openShapes(page);
    await page.getByRole("gridcell").nth(2).click();
    for (const tab of ["Samples", "Split", "Augmentation"]) {
      await page.getByRole("link", { name: tab, exact: true }).click();
      await page.waitForTimeout(200);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`),
        tab,
      ).toEqual([]);
    }
  });
}
