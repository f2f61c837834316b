/** What it takes to go on with a run is with the run, whatever becomes of the page's small settings. */
import { expect, type Page, test } from "@playwright/test";
import { addShapes, open } from "./helpers";

test.describe.configure({ timeout: 120_000 });

const card = (page: Page) => page.getByRole("region", { name: "This run" });
const offer = (page: Page) => page.getByRole("region", { name: "Interrupted run" });

/** Begins a run on "shapes", and holds it when it is kept in its third epoch or later. */
async function hold(page: Page): Promise<void> {
  await open(page, "data");
  await addShapes(page, 200, 28);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await page.getByLabel("Epochs", { exact: true }).fill("1000");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(card(page).getByText(/^([3-9]|\d\d+) of 1000$/)).toBeVisible({ timeout: 60_000 });
  await card(page).getByRole("button", { name: "Pause" }).click();
  await expect(page.getByTestId("saved")).toContainText("s ago");
}

/** Goes on with it, where it was left. */
async function goOn(page: Page): Promise<void> {
  await expect(offer(page)).toContainText(/^shapes was interrupted .* of 1000/, { timeout: 30_000 });
  await offer(page).getByRole("button", { name: "Go on" }).click();
  await expect(card(page).getByRole("button", { name: "Pause" })).toBeEnabled({ timeout: 30_000 });
  await expect(card(page).getByText(/^([3-9]|\d\d+) of 1000$/)).toBeVisible({ timeout: 30_000 });
}

test("a run goes on where the browser takes no settings any more, or has forgotten them", async ({
  page,
}) => {
  await open(page, "data");
  await page.evaluate(() => {
    for (let size = 1 << 22; size > 0; ) {
      try {
        localStorage.setItem(`other ${localStorage.length}`, "x".repeat(size));
      } catch {
        size >>= 1;
      }
    }
  });
  await hold(page);
  await page.reload();
  await goOn(page);
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await open(page, "data");
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await goOn(page);
});

test("a run whose plan an earlier version of the page kept apart goes on", async ({ page }) => {
  await hold(page);
  await page.reload();
  await expect(offer(page)).toBeVisible({ timeout: 30_000 });
  await page.evaluate(async () => {
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await answer(indexedDB.open("tabgrad"));
    const runs = database.transaction("runs", "readwrite").objectStore("runs");
    const run = await answer(runs.get("shapes"));
    for (const slot of run.slots) {
      if (!slot) continue;
      localStorage.setItem("tabgrad.plan.shapes", JSON.stringify(slot.state.note));
      delete slot.state.note;
    }
    await answer(runs.put(run, "shapes"));
    database.close();
  });
  await page.reload();
  await goOn(page);
  await card(page).getByRole("button", { name: "Stop" }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 60_000 });
  expect(await page.evaluate(() => localStorage.getItem("tabgrad.plan.shapes"))).toBeNull();
});
