import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { addShapes, open } from "./helpers";

async function openSteps(page: Page): Promise<void> {
  await open(page, "data");
  await addShapes(page, 40);
  await page.getByRole("link", { name: "Open shapes" }).click();
  await page.getByRole("link", { name: "Preparation" }).click();
  await expect(page.getByRole("list", { name: "Before the steps" }).getByRole("listitem")).toHaveCount(8);
}

const pictures = (page: Page) => page.getByRole("region", { name: "From pictures to samples" });
const numbers = (page: Page) => page.getByRole("region", { name: "From samples to the network" });
const last = (page: Page) => page.getByText(/^The network gets/);

test("steps are added, set, moved, removed and taken back; samples show what they do", {
  tag: "@everywhere",
}, async ({ page }) => {
  await openSteps(page);
  await expect(last(page)).toHaveText("The network gets 1 channel of 8 × 8, values 0.00 to 1.00.");
  await pictures(page).getByLabel("Add a step").selectOption({ label: "Resize" });
  await page.getByLabel("Height, px").fill("12");
  await page.getByLabel("Width, px").fill("10");
  await expect(last(page)).toContainText("of 12 × 10");
  await pictures(page).getByLabel("Add a step").selectOption({ label: "Grey" });
  await pictures(page).getByRole("button", { name: "Move up" }).click();
  await expect(pictures(page).getByRole("listitem").first()).toContainText("1. Grey");
  await expect(pictures(page).getByRole("listitem").nth(1)).toContainText("height 12, width 10");

  await numbers(page).getByLabel("Add a step").selectOption({ label: "Scale" });
  await page.getByLabel("Factor").fill("2");
  await expect(last(page)).toContainText("values 0.00 to 510.00");

  await page.reload();
  await expect(last(page)).toContainText("of 12 × 10, values 0.00 to 510.00");
  // The network of the Train place follows.
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await expect(page.getByText("12 × 10 × 1").first()).toBeVisible();
  await page.goBack();
  await expect(last(page)).toBeVisible();
  await page.keyboard.press("ControlOrMeta+z");
  await expect(last(page)).toContainText("values 0.00 to 1.00");
  await page.getByRole("button", { name: "As it came" }).click();
  await expect(last(page)).toHaveText("The network gets 1 channel of 8 × 8, values 0.00 to 1.00.");
});

test("what cannot be done is said at its step, in words", async ({ page }) => {
  await openSteps(page);
  await pictures(page).getByLabel("Add a step").selectOption({ label: "Resize" });
  await page.getByLabel("Height, px").fill("0");
  const step = pictures(page).getByRole("listitem");
  await expect(step.getByRole("alert")).toHaveText(/height is 0, expected 1 to 4096/);
  await page.getByLabel("Height, px").fill("16");
  await expect(step.getByRole("alert")).toHaveCount(0);
  await page.getByLabel("Height, px").fill("tall");
  await expect(step.getByRole("alert")).toContainText("tall");
  await expect(page.getByLabel("Height, px")).toHaveValue("tall");
  await step.getByRole("button", { name: "Remove" }).click();
  await numbers(page).getByLabel("Add a step").selectOption({ label: "Normalise" });
  await page.getByLabel("Mean").fill("0.1, 0.2");
  await expect(numbers(page).getByRole("alert")).toContainText("found 2 of mean and 1 of std");
});

test("normalising is measured on the training part", async ({ page }) => {
  await openSteps(page);
  await numbers(page).getByLabel("Add a step").selectOption({ label: "Scale" });
  await numbers(page).getByLabel("Add a step").selectOption({ label: "Normalise" });
  await page.getByRole("button", { name: "Measure on the training part" }).click();
  // The bytes of these images are spread evenly over 0 to 255.
  const deviation = async () => Number(await page.getByLabel("Deviation").inputValue());
  await expect.poll(deviation).toBeCloseTo(1 / Math.sqrt(12), 1);
  expect(Number(await page.getByLabel("Mean").inputValue())).toBeCloseTo(0.5, 1);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
});

test("every step that is offered can be done", async ({ page }) => {
  await openSteps(page);
  const add = pictures(page).getByLabel("Add a step");
  const offered = (await add.locator("option").allTextContents()).slice(1);
  expect(offered.length).toBeGreaterThan(3);
  for (const name of offered) {
    await add.selectOption({ label: name });
    const step = pictures(page).getByRole("listitem");
    await expect(step).toContainText(name);
    // A picture of what it makes stands beside it.
    await expect(step.getByRole("img", { name: "A sample after this step" }), name).toBeVisible();
    await step.getByRole("button", { name: "Remove" }).click();
    await expect(step).toHaveCount(0);
  }
});
