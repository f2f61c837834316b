/** Runs that cannot go on as they were left: their data have changed, or what was kept of them is damaged. */
import { expect, type Page, test } from "@playwright/test";
import { addShapes, open } from "./helpers";

test.describe.configure({ timeout: 120_000 });

const card = (page: Page) => page.getByRole("region", { name: "This run" });
const offer = (page: Page) => page.getByRole("region", { name: "Interrupted run" });

/** Leaves a run on "shapes" after its first epoch, and comes back. */
async function leaveRun(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await page.getByLabel("Dataset").selectOption({ label: "shapes" });
  await page.getByLabel("Epochs", { exact: true }).fill("1000");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(card(page).getByText(/^([2-9]|\d\d+) of 1000$/)).toBeVisible({ timeout: 60_000 });
  await page.reload();
  await expect(offer(page)).toContainText(/^shapes was interrupted .* of 1000/, { timeout: 30_000 });
}

/** Excludes the first sample, or takes it in again. */
async function excludeFirst(page: Page, exclude: boolean): Promise<void> {
  await open(page, "data");
  await page.getByRole("link", { name: "Open shapes" }).click();
  await page.getByLabel("Order").selectOption({ label: "As they came" });
  await page
    .getByRole("gridcell", { name: /^Sample 1, / })
    .first()
    .click();
  const bar = page.getByRole("group", { name: "What is selected" });
  await bar.getByRole("button", { name: exclude ? "Exclude" : "Include" }).click();
  const excluded = page.getByRole("gridcell", { name: "Sample 1, class 0, excluded" });
  await expect(excluded).toHaveCount(exclude ? 1 : 0);
}

test("a run goes on with its data when they have been added again", async ({ page }) => {
  await open(page, "data");
  await addShapes(page, 200, 28);
  await leaveRun(page);
  await page.getByRole("link", { name: "Data", exact: true }).click();
  await page.getByRole("button", { name: "Remove shapes" }).click();
  await page.getByRole("button", { name: "Close this message" }).click();
  await expect(page.getByRole("article", { name: "shapes" })).toHaveCount(0);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await offer(page).getByRole("button", { name: "Go on" }).click();
  await expect(card(page).getByRole("alert")).toHaveText(
    /^The dataset shapes, which shapes learns from, is not in this browser any more\. Add it again under that name/,
  );

  await page.getByRole("link", { name: "Data", exact: true }).click();
  await addShapes(page, 200, 28);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await offer(page).getByRole("button", { name: "Go on" }).click();
  await expect(card(page).getByText(/^([2-9]|\d\d+) of 1000$/)).toBeVisible({ timeout: 30_000 });
  await expect(card(page).getByRole("alert")).toHaveCount(0);
});

test("a run does not go on with other data: it goes on when they are as before, or begins anew", async ({
  page,
}) => {
  await open(page, "data");
  await addShapes(page, 200, 28);
  await leaveRun(page);

  await excludeFirst(page, true);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await expect(offer(page).getByRole("button", { name: "Begin anew" })).toHaveCount(0);
  await offer(page).getByRole("button", { name: "Go on" }).click();
  await expect(card(page).getByRole("alert")).toContainText(
    "The data are not those that this run began with: the dataset, what was decided about it, or its preparation has changed.",
  );
  await expect(offer(page).getByRole("button", { name: "Begin anew" })).toBeVisible();

  // As they were: nothing of the run is lost.
  await excludeFirst(page, false);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await offer(page).getByRole("button", { name: "Go on" }).click();
  await expect(card(page).getByText(/^([2-9]|\d\d+) of 1000$/)).toBeVisible({ timeout: 30_000 });
  await page.reload();

  await excludeFirst(page, true);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await offer(page).getByRole("button", { name: "Go on" }).click();
  await offer(page).getByRole("button", { name: "Begin anew" }).click();
  await expect(offer(page)).toHaveCount(0);
  await expect(card(page).getByText("1 of 1000")).toBeVisible({ timeout: 30_000 });
  await card(page).getByRole("button", { name: "Stop" }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 60_000 });
});

test("of a damaged run it is said what can be done, and it begins anew", async ({ page }) => {
  await open(page, "data");
  await addShapes(page, 200, 28);
  await leaveRun(page);
  await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open("tabgrad");
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const writing = database.transaction("runParts", "readwrite");
    writing.objectStore("runParts").clear();
    await new Promise((resolve) => {
      writing.oncomplete = resolve;
    });
    database.close();
  });
  const said =
    "The run shapes is damaged: nothing that was saved of it can be read. Begin it anew, or delete it.";
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("button", { name: "Export the model of shapes" }).click();
  await expect(page.getByRole("alert")).toHaveText(said);
  await page.getByRole("button", { name: "Go on with shapes" }).click();
  await expect(card(page).getByRole("alert")).toHaveText(said);
  await offer(page).getByRole("button", { name: "Begin anew" }).click();
  await expect(offer(page)).toHaveCount(0);
  await expect(card(page).getByText(/^([2-9]|\d\d+) of 1000$/)).toBeVisible({ timeout: 30_000 });
});
