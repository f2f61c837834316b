/** Names of models that other tabs take meanwhile. */
import { expect, type Page, test } from "@playwright/test";
import { digits, draw, keepShapesRun, open } from "./helpers";

test.describe.configure({ timeout: 120_000 });

const row = (page: Page, name: string) =>
  page.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true }) });

/** Makes a model by a correction, called "Digits, corrected". */
async function correct(page: Page): Promise<void> {
  await open(page, "draw");
  await draw(page, digits.one);
  await page.getByRole("button", { name: "7", exact: true }).click();
  await expect(page.getByText(/Learned in/)).toBeVisible();
}

/** Gives a model a second name, as an earlier version of the page in another tab may. */
function copyTo(page: Page, from: string, to: string): Promise<void> {
  return page.evaluate(
    async ({ from, to }) => {
      const answer = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await answer(indexedDB.open("tabgrad"));
      const writing = database.transaction(["models", "weights"], "readwrite");
      const [models, weights] = [writing.objectStore("models"), writing.objectStore("weights")];
      await answer(models.put({ ...(await answer(models.get(from))), name: to }, to));
      await answer(weights.put(await answer(weights.get(from)), to));
      database.close();
    },
    { from, to },
  );
}

test("a run takes no other model's place: neither gets the other's name", async ({ page }) => {
  await correct(page);
  // This one knows of no run.
  const other = await page.context().newPage();
  await open(other, "models");
  await expect(row(other, "Digits, corrected")).toBeVisible();
  await keepShapesRun(page);

  await other.getByRole("button", { name: "Rename Digits, corrected" }).click();
  await other.getByLabel("New name of Digits, corrected").fill("shapes");
  await other.keyboard.press("Enter");
  await expect(other.getByRole("alert")).toHaveText(
    "There is already a model called shapes. Choose another name.",
  );
  await other.getByRole("button", { name: "Cancel" }).click();

  await copyTo(page, "Digits, corrected", "shapes");
  const card = page.getByRole("region", { name: "This run" });
  await card.getByRole("button", { name: "Stop" }).click();
  await expect(card.getByText("This one was saved as shapes 2.")).toBeVisible({ timeout: 60_000 });
  await expect(page.locator("footer .model")).toContainText("shapes 2");
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(row(page, "shapes")).toContainText("not measured here");
  await expect(row(page, "shapes 2")).toContainText("test images of shapes");
  await expect(page.getByRole("heading", { name: "Runs" })).toHaveCount(0);
});

test("a copy takes no name that another tab has given meanwhile", async ({ page }) => {
  await correct(page);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(row(page, "Digits, corrected")).toBeVisible();
  const other = await page.context().newPage();
  await open(other, "models");
  await other.getByRole("button", { name: "Copy Digits, corrected" }).click();
  await expect(row(other, "Digits, corrected copy")).toBeVisible();
  await page.getByRole("button", { name: "Copy Digits, corrected" }).click();
  await expect(row(page, "Digits, corrected copy 2")).toBeVisible();
  await expect(row(page, "Digits, corrected copy")).toBeVisible();
});
