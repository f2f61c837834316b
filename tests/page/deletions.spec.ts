/** What is deleted in one tab, while others are opened. */
import { expect, type Page, test } from "@playwright/test";
import { addShapes, digits, draw, keepShapesRun, open } from "./helpers";

test.describe.configure({ timeout: 120_000 });

const offerOf = (page: Page) => page.getByRole("region", { name: "Interrupted run" });

/** Opens one more tab, and waits until it has looked through what is stored. */
async function another(page: Page): Promise<Page> {
  const other = await page.context().newPage();
  await open(other, "data");
  await expect(other.getByRole("article", { name: "shapes" })).toBeVisible();
  await other.getByRole("link", { name: "Models", exact: true }).click();
  await expect(other.getByRole("heading", { name: "Digits, corrected" })).toBeVisible();
  return other;
}

/** Leaves a run on "shapes". */
async function leaveRun(page: Page): Promise<void> {
  await keepShapesRun(page);
  await page.reload();
  await expect(offerOf(page)).toBeVisible({ timeout: 30_000 });
}

test("what can be had back in one tab is not erased by another that is opened", async ({ page }) => {
  await open(page, "draw");
  await draw(page, digits.one);
  await page.getByRole("button", { name: "7", exact: true }).click();
  await expect(page.getByText(/Learned in/)).toBeVisible();
  await leaveRun(page);

  const undo = page.getByRole("status").getByRole("button", { name: "Undo" });
  await offerOf(page).getByRole("button", { name: "Discard" }).click();
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("button", { name: "Delete Digits, corrected" }).click();
  await page.getByRole("link", { name: "Data", exact: true }).click();
  await page.getByRole("button", { name: "Remove shapes" }).click();
  await expect(undo).toHaveCount(3);
  const other = await another(page);
  for (let left = 3; left > 0; left--) await undo.first().click();

  // As a tab sees it that knows nothing of this.
  await other.reload();
  await expect(other.getByRole("heading", { name: "Digits, corrected" })).toBeVisible();
  await expect(other.getByRole("button", { name: "Delete the run shapes" })).toBeVisible();
  await other.getByRole("link", { name: "Data", exact: true }).click();
  await other.getByRole("article", { name: "shapes" }).getByRole("button", { name: "Show" }).click();
  await expect(other.getByRole("article", { name: "shapes" })).toContainText("200 images of 28 × 28 × 1");
});

for (const hears of [true, false]) {
  const how = hears ? "" : ", though this tab does not hear of it";
  test(`a run that another tab goes on with is not deleted${how}`, async ({ page, context }) => {
    await page.addInitScript((hears) => {
      if (!hears) BroadcastChannel.prototype.addEventListener = () => {};
    }, hears);
    await open(page, "data");
    await leaveRun(page);
    const other = await context.newPage();
    await open(other, "train");
    await expect(offerOf(other)).toBeVisible({ timeout: 30_000 });
    await offerOf(page).getByRole("button", { name: "Discard" }).click();
    await offerOf(other).getByRole("button", { name: "Go on" }).click();
    // At once, or when the ten seconds are over.
    await expect(
      page.getByText("shapes is being trained in another tab: its run was not deleted."),
    ).toBeVisible({ timeout: 30_000 });
    const pause = other.getByRole("region", { name: "This run" }).getByRole("button", { name: "Pause" });
    await expect(pause).toBeEnabled({ timeout: 30_000 });
    await expect(page.getByRole("button", { name: "Undo" })).toHaveCount(0);
    await page.getByRole("link", { name: "Models", exact: true }).click();
    await expect(page.getByRole("heading", { name: "shapes" })).toBeVisible();
    await pause.click();
    await expect(other.getByTestId("saved")).toContainText("s ago");
    await other.reload();
    await expect(offerOf(other)).toBeVisible({ timeout: 30_000 });
  });
}

test("what a tab was closed upon is erased by the next, in lists of earlier versions, too", async ({
  page,
}) => {
  await open(page, "data");
  await addShapes(page, 20);
  await page.getByRole("button", { name: "Remove shapes" }).click();
  await page.reload();
  await expect(page.getByRole("article", { name: "MNIST digits" })).toBeVisible();
  await expect(page.getByRole("article", { name: "shapes" })).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("article", { name: "MNIST digits" })).toBeVisible();
  await expect(page.getByRole("article", { name: "shapes" })).toHaveCount(0);

  await open(page, "draw");
  await draw(page, digits.one);
  await page.getByRole("button", { name: "7", exact: true }).click();
  await expect(page.getByText(/Learned in/)).toBeVisible();
  await page.evaluate(() => localStorage.setItem("tabgrad.deleting", '["Digits, corrected"]'));
  await page.reload();
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page.getByText("No models of your own yet.")).toBeVisible();
  const noted = () => Object.keys(localStorage).filter((key) => key.includes("deleting"));
  await expect.poll(() => page.evaluate(noted)).toEqual([]);
  await page.reload();
  await expect(page.getByText("No models of your own yet.")).toBeVisible();
});
