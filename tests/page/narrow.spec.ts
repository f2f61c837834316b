/** A phone: most of the screen is a dataset's samples, and everything else can be reached; so can the settings of a run. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { addShapes, chooseKind, more, open, testRates } from "./helpers";

test.use({ viewport: { width: 360, height: 780 } });

async function openShapes(page: Page): Promise<void> {
  await open(page, "data");
  await addShapes(page, 200);
  await page.getByRole("link", { name: "Open shapes" }).click();
}

const grid = (page: Page) => page.getByRole("grid", { name: "Samples" });
const share = async (page: Page) => ((await grid(page).boundingBox())?.height ?? 0) / 780;

test("samples have most of the screen", async ({ page }) => {
  await openShapes(page);
  await expect.poll(() => share(page)).toBeGreaterThan(0.55);
  const bottom = async () => {
    const box = await grid(page).boundingBox();
    return (box?.y ?? 0) + (box?.height ?? 0);
  };
  // Above what lies at the bottom: nothing is to be scrolled to.
  expect(await bottom()).toBeLessThan((await page.locator("footer").boundingBox())?.y ?? 0);
  await page.getByRole("gridcell").nth(2).click();
  await expect(page.getByText("1 selected")).toBeVisible();
  await expect.poll(() => share(page)).toBeGreaterThan(0.48);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
  // No row is wider than the screen.
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

test("filters are behind a button that says what is filtered", async ({ page }) => {
  await openShapes(page);
  const classes = page.getByRole("combobox", { name: "Class" });
  await expect(classes).toBeHidden();
  const toggle = page.getByRole("button", { name: /^Filter|^Hide filters/ });
  await expect(toggle).toHaveAttribute("aria-expanded", "false");
  await toggle.focus();
  await page.keyboard.press("Enter");
  await expect(toggle).toHaveAttribute("aria-expanded", "true");
  await classes.selectOption({ label: "1 (100)" });
  await expect(page.getByRole("status").getByText("100 samples")).toBeVisible();
  await toggle.click();
  await expect(toggle).toHaveText("Filter: 1");
  await expect(grid(page).getByRole("gridcell").first()).toHaveAccessibleName("Sample 2, class 1");
});

test("what is selected is changed and undone by the keyboard alone", async ({ page }) => {
  await openShapes(page);
  const bar = page.getByRole("group", { name: "What is selected" });
  await grid(page).focus();
  await page.keyboard.press("Space");
  await expect(bar).toContainText("1 selected");
  for (const name of ["Clear", "Include", "Exclude"]) {
    await page.keyboard.press("Shift+Tab");
    await expect(bar.getByRole("button", { name })).toBeFocused();
    // Scrolled into view as it gets the focus.
    await expect(bar.getByRole("button", { name })).toBeInViewport({ ratio: 1 });
  }
  await page.keyboard.press("Enter");
  await expect(page.getByRole("gridcell", { name: "Sample 1, class 0, excluded" })).toBeVisible();
  await bar.getByRole("button", { name: "Clear" }).press("Enter");
  await bar.getByRole("button", { name: "Undo" }).press("Enter");
  await expect(page.getByRole("gridcell", { name: "Sample 1, class 0", exact: true })).toBeVisible();
  await bar.getByRole("button", { name: "Redo" }).press("Enter");
  await expect(page.getByRole("gridcell", { name: "Sample 1, class 0, excluded" })).toBeVisible();
});

test("a sample that is looked at closely begins with its name, from where the keyboard goes on", async ({
  page,
}) => {
  await openShapes(page);
  await grid(page).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Sample 1" });
  await expect(dialog.getByRole("heading", { name: "Sample 1" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  const next = page.getByRole("dialog", { name: "Sample 3" });
  await expect(next.getByRole("heading", { name: "Sample 3" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(next.getByLabel("Relabel the selected samples as")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(grid(page)).toBeFocused();
});

test("settings of a run have no more than the width, and a test of learning rates is read", async ({
  page,
}) => {
  await open(page, "train");
  await chooseKind(page, "Optimiser", "Muon");
  await chooseKind(page, "Schedule", "warm restarts");
  await more(page);
  await page.getByLabel("Average weights").selectOption("yes");
  await testRates(page);
  const card = page.getByRole("region", { name: "This run" });
  // Nothing is cut off, and nothing lies beside the screen.
  const cut = await card.evaluate((card) =>
    [...card.querySelectorAll<HTMLElement>("button, label, legend, summary, p, .box")]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1)
      .map((element) => element.textContent),
  );
  expect(cut).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
});

test("what is said of a layer, what it joins and what is measured have no more than the width", async ({
  page,
}) => {
  await open(page, "train");
  await page.getByLabel("Preset").selectOption({ label: "Residual, 8 layers (pictures in colour)" });
  await page.getByRole("button", { name: /^Show \d+ layers/ }).click();
  const layer = (place: number) => page.getByTestId("layer").nth(place - 1);
  await layer(18).getByRole("button").first().click();
  await expect(layer(18).getByLabel("joins with")).toBeVisible();
  await more(page);
  await page.getByLabel("Top-k accuracy").check();
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  const isInside = async (region: string) => {
    const excess = await page
      .getByRole("region", { name: region })
      .evaluate((card) => card.scrollWidth - card.clientWidth);
    expect([await width(), excess]).toEqual([360, 0]);
  };
  await isInside("This network");
  await isInside("This run");
  await layer(1).getByRole("button").first().click();
  await layer(1).getByText("More of this layer").click();
  await layer(1).getByLabel("L2 penalty").fill("-1");
  await expect(layer(1).getByRole("alert").first()).toBeVisible();
  await isInside("This network");
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
});
