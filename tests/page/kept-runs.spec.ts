/** Runs that are kept: over a reload, in two tabs, on a full disk. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { open } from "./helpers";

test.describe.configure({ timeout: 300_000 });

const card = (page: Page): Locator => page.getByRole("region", { name: "This run" });
const batch = (page: Page): Locator => page.getByTestId("batch");

/** Begins a run on MNIST. */
async function begin(page: Page, epochs: number): Promise<void> {
  await open(page, "train");
  await page.getByLabel("Epochs", { exact: true }).fill(String(epochs));
  await page.getByRole("button", { name: "Train", exact: true }).click();
}

/** The batch that is shown. */
async function batchOf(page: Page): Promise<number> {
  return Number((await batch(page).textContent())?.match(/batch (\d+)/)?.[1] ?? Number.NaN);
}

/** How many batches of its epoch are through in the last state that is kept of the first run; -1 where there is none. */
function keptBatches(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open("tabgrad");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const reading = database.transaction("runs").objectStore("runs").getAll();
          reading.onerror = () => reject(reading.error);
          reading.onsuccess = () => {
            database.close();
            type Slot = { generation: number; state: { batch: number } } | undefined;
            const slots: Slot[] = reading.result[0]?.slots ?? [];
            const [last] = slots.toSorted((a, b) => (b?.generation ?? -1) - (a?.generation ?? -1));
            resolve(last?.state.batch ?? -1);
          };
        };
      }),
  );
}

/** Runs a script in the engine's worker, before its own. */
async function inWorker(page: Page, script: string): Promise<void> {
  await page.route(/\/assets\/worker[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}${await response.text()}` });
  });
}

/** Sees that it is trained on. */
async function grows(page: Page): Promise<void> {
  await expect.poll(() => batchOf(page), { timeout: 60_000 }).toBeGreaterThan(0);
  const seen = await batchOf(page);
  await expect.poll(() => batchOf(page), { timeout: 30_000 }).not.toBe(seen);
}

/** Sets how many bytes the page may store; undefined for as many as before. */
async function quotaOf(page: Page): Promise<(bytes: number | undefined) => Promise<void>> {
  const browser = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  return (quotaSize) =>
    browser
      .send("Storage.overrideQuotaForOrigin", { origin, ...(quotaSize === undefined ? {} : { quotaSize }) })
      .then(() => {});
}

async function clean(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}

test("a reload in the middle of an epoch goes on within the epoch, with its curve, to the end @everywhere", async ({
  page,
}) => {
  await begin(page, 1);
  await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 60_000 });
  // Holding a run keeps it.
  await card(page).getByRole("button", { name: "Pause" }).click();
  await expect(card(page).getByRole("button", { name: "Go on" })).toBeVisible();
  const held = await batchOf(page);
  await expect.poll(() => keptBatches(page)).toBeGreaterThanOrEqual(held);
  await expect(card(page).getByTestId("saved")).toContainText(/Saved \d+ s ago/);
  await page.reload();

  const offer = page.getByRole("region", { name: "Interrupted run" });
  await expect(offer).toContainText(/MNIST digits was interrupted in epoch 1 of 1, after batch \d+\./, {
    timeout: 30_000,
  });
  await clean(page);
  await offer.getByRole("button", { name: "Go on" }).click();
  await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 60_000 });
  expect(await batchOf(page)).toBeGreaterThanOrEqual(held);
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 240_000 });
  await page.reload();
  await expect(page.locator("footer .model")).toContainText("MNIST digits");
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page.getByRole("heading", { name: "MNIST digits" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Runs" })).toHaveCount(0);
});

test("a run of an earlier version of the page is gone on with after its last epoch", async ({ page }) => {
  await begin(page, 1);
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 240_000 });
  // As that version kept it after the first of two epochs, beside its model.
  await page.evaluate(() => {
    const { run } = JSON.parse(localStorage.getItem("tabgrad.settings") ?? "{}");
    const old = { name: "MNIST digits", datasetId: "mnist", settings: { ...run, epochs: 2 }, epochsDone: 1 };
    localStorage.setItem("tabgrad.run", JSON.stringify(old));
  });
  await page.reload();
  const offer = page.getByRole("region", { name: "Interrupted run" });
  await expect(offer).toContainText("MNIST digits was left after epoch 1 of 2.");
  await offer.getByRole("button", { name: "Go on" }).click();
  await expect(card(page).getByText("2 of 2")).toBeVisible({ timeout: 60_000 });
  await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 60_000 });
  // From here on it is kept as others are.
  await card(page).getByRole("button", { name: "Pause" }).click();
  await expect(card(page).getByTestId("saved")).toContainText("s ago");
  await page.reload();
  // Kept at its beginning, and perhaps since.
  await expect(offer).toContainText(/was interrupted (before|in) epoch 2 of 2/);
  await offer.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 240_000 });
  await page.reload();
  await expect(page.locator("footer .accuracy")).toHaveText(/%$/);
  await expect(offer).toHaveCount(0);
});

test("another tab watches a run, takes it over, and gives it back @everywhere", async ({ page, context }) => {
  await begin(page, 3);
  await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 60_000 });

  const other = await context.newPage();
  await open(other, "train");
  await expect(card(other)).toContainText("MNIST digits is being trained in another tab.");
  await expect(batch(other)).toHaveText(/batch \d+ of 469/);
  const seen = await batchOf(other);
  await expect.poll(() => batchOf(other)).not.toBe(seen);
  await clean(other);
  // Nothing else can be done there.
  await expect(card(other).getByRole("button")).toHaveText(["Take over here"]);

  await card(other).getByRole("button", { name: "Take over here" }).click();
  await expect(card(page)).toContainText("MNIST digits goes on in another tab.", { timeout: 60_000 });
  await expect(card(other).getByRole("button", { name: "Pause" })).toBeEnabled({ timeout: 60_000 });
  await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 30_000 });

  await card(page).getByRole("button", { name: "Take it back here" }).click();
  await expect(card(other)).toContainText("MNIST digits goes on in another tab.", { timeout: 60_000 });
  await expect(card(page).getByRole("button", { name: "Pause" })).toBeEnabled({ timeout: 60_000 });

  // A tab that is closed leaves its run to others.
  await page.close({ runBeforeUnload: true });
  await expect(other.getByRole("region", { name: "Interrupted run" })).toContainText("was interrupted", {
    timeout: 30_000,
  });
});

test("a run that ends in the moment it is asked for stays in its tab", async ({ page, context }) => {
  await open(page, "train");
  // A tab that trains, and has no answer but that the run is at its end.
  const other = await context.newPage();
  await other.goto("icon.svg");
  await other.evaluate(() => {
    const curve = { at: [], points: {}, marks: [] };
    const figures = { epoch: 0, epochs: 1, batch: 9, batches: 10, rate: 1, secondsLeft: 1, curve };
    const run = { place: "train", name: "Ending", state: "running", ...figures };
    const channel = new BroadcastChannel("tabgrad.runs");
    channel.onmessage = ({ data }) => {
      if (data.type === "hello") channel.postMessage({ type: "told", run });
      if (data.type !== "takeOver") return;
      channel.postMessage({ type: "handedOver", name: "Ending", letGo: false });
      channel.postMessage({ type: "told", run: { ...run, state: "evaluating" } });
      setTimeout(() => channel.postMessage({ type: "over", name: "Ending", done: true }), 2000);
    };
    channel.postMessage({ type: "told", run });
  });
  const take = card(page).getByRole("button", { name: "Take over here" });
  await take.click();
  await expect(take).toBeDisabled({ timeout: 1500 });
  await expect(page.getByText("Ending was trained to its end in another tab.")).toBeVisible();
  await expect(card(page).getByRole("button", { name: "Train", exact: true })).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a full disk is said with a way on, and training goes on", async ({ page }) => {
  await begin(page, 50);
  await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 60_000 });
  const setQuota = await quotaOf(page);
  await setQuota(1);
  const saved = card(page).getByTestId("saved");
  await expect(saved.getByRole("status")).toContainText(
    /^Not saved: the disk is full. Training goes on, and saving is tried again within a minute\.$/,
    {
      timeout: 60_000,
    },
  );
  await clean(page);
  const before = await card(page)
    .getByText(/^\d+ of 50$/)
    .textContent();
  await expect
    .poll(
      () =>
        card(page)
          .getByText(/^\d+ of 50$/)
          .textContent(),
      { timeout: 90_000 },
    )
    .not.toBe(before);
  const file = page.waitForEvent("download");
  await saved.getByRole("button", { name: "Export the model" }).click();
  expect((await file).suggestedFilename()).toBe("MNIST digits.safetensors");

  await setQuota(undefined);
  await saved.getByRole("button", { name: "Try again" }).click();
  await expect(saved).toContainText(/Saved \d s ago/);
});

test("a model that the disk has no room for is said to be unsaved, and saved on request", async ({
  page,
}) => {
  await begin(page, 50);
  await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 60_000 });
  const setQuota = await quotaOf(page);
  await setQuota(1);
  // The browser looks at its quota now and then only.
  await expect(card(page).getByTestId("saved")).toContainText("Not saved", { timeout: 60_000 });
  await card(page).getByRole("button", { name: "Stop" }).click();
  const unsaved = page
    .getByRole("alert")
    .filter({ hasText: "MNIST digits is in use, but not saved: the disk is full." });
  await expect(unsaved).toBeVisible({ timeout: 240_000 });
  await expect(page.getByRole("region", { name: "Interrupted run" })).toHaveCount(0);
  await clean(page);
  await setQuota(undefined);
  await card(page).getByRole("button", { name: "Try again" }).click();
  await expect(unsaved).toHaveCount(0);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page.getByRole("heading", { name: "MNIST digits" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Runs" })).toHaveCount(0);
});

test("a kept run is listed with the models, deleted with undo, and its model exported", async ({ page }) => {
  await begin(page, 3);
  await expect(card(page).getByTestId("saved")).toContainText("s ago", { timeout: 60_000 });
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page.getByRole("link", { name: "Watch the run MNIST digits" })).toBeVisible();
  await page.reload();
  await expect(page.getByText(/epoch 1 of 3.*saved/)).toBeVisible({ timeout: 30_000 });
  await clean(page);
  const file = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export the model of MNIST digits" }).click();
  expect((await file).suggestedFilename()).toBe("MNIST digits.safetensors");
  await page.getByRole("button", { name: "Delete the run MNIST digits" }).click();
  await expect(page.getByRole("heading", { name: "Runs" })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Go on with MNIST digits" }).click();
  await expect(page).toHaveURL(/#\/train$/);
  await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 60_000 });
});

test("the browser is asked to keep what is stored, and its answer is said", async ({ page }) => {
  await page.addInitScript(() => {
    navigator.storage.persist = async () => false;
  });
  await open(page, "models");
  const storage = page.getByRole("region", { name: "Storage in this browser" });
  await expect(storage).toContainText("This browser may delete your models when the disk is short.");
  await expect(storage).toContainText("runs 0 bytes");
  await storage.getByRole("button", { name: "Ask it to keep them" }).click();
  await expect(storage.getByRole("status")).toContainText("It did not promise that.");
});

test("a store of a newer version of the page asks for a reload", async ({ page }) => {
  await page.goto("icon.svg");
  await page.evaluate(async () => {
    await new Promise((resolve, reject) => {
      const opening = indexedDB.open("tabgrad", 99);
      opening.onsuccess = () => resolve(opening.result.close());
      opening.onerror = reject;
    });
  });
  await open(page, "models");
  const alert = page.getByRole("alert").filter({ hasText: "newer version of tabgrad" });
  await expect(alert).toHaveCount(1);
  await expect(alert).not.toContainText("private");
  await expect(page.getByRole("button", { name: "Reload the page" })).toBeVisible();
  await clean(page);
});

test("where the browser refuses storage, a run goes on and says so", async ({ page }) => {
  await inWorker(
    page,
    'IDBFactory.prototype.open = () => { throw new DOMException("refused", "SecurityError"); };',
  );
  await begin(page, 50);
  const saved = card(page).getByTestId("saved");
  await expect(saved.getByRole("status")).toContainText(
    /^Not saved: this browser refuses storage here, as private windows do\. Training goes on/,
    { timeout: 60_000 },
  );
  await grows(page);
  await expect(saved.getByRole("button", { name: "Export the model" })).toBeVisible();
});

test("where the disk is full from the beginning, a run goes on, and is saved once there is room", async ({
  page,
}) => {
  await open(page, "train");
  const setQuota = await quotaOf(page);
  await setQuota(1);
  await page.getByLabel("Epochs", { exact: true }).fill("50");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  const saved = card(page).getByTestId("saved");
  await expect(saved.getByRole("status")).toContainText("Not saved: the disk is full.", { timeout: 60_000 });
  await expect(saved.getByRole("link", { name: "See what takes space" })).toBeVisible();
  await grows(page);
  await setQuota(undefined);
  await saved.getByRole("button", { name: "Try again" }).click();
  await expect(saved).toContainText(/Saved \d s ago/);
});

test.describe("without a service worker, which has the scripts of its own", () => {
  test.use({ serviceWorkers: "block" });

  test("a run goes on only from what was saved: not where there is no room, nor where it is gone", async ({
    page,
  }) => {
    await begin(page, 50);
    await expect(batch(page)).toHaveText(/batch \d+ of 469/, { timeout: 60_000 });
    await card(page).getByRole("button", { name: "Pause" }).click();
    await expect(card(page).getByTestId("saved")).toContainText("s ago");
    await inWorker(
      page,
      'IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };',
    );
    await page.reload();
    const offer = page.getByRole("region", { name: "Interrupted run" });
    await expect(offer).toBeVisible({ timeout: 30_000 });

    await offer.getByRole("button", { name: "Go on" }).click();
    await expect(card(page).getByRole("alert")).toContainText("storage is full", { timeout: 60_000 });
    await clean(page);
    await card(page).getByRole("link", { name: "See what takes space" }).click();
    await expect(page.getByRole("button", { name: "Delete the run MNIST digits" })).toBeVisible();
    await page.getByRole("link", { name: "Train", exact: true }).click();
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const opening = indexedDB.open("tabgrad");
          opening.onsuccess = () => {
            const writing = opening.result.transaction("runs", "readwrite");
            writing.objectStore("runs").clear();
            writing.oncomplete = () => resolve(opening.result.close());
          };
        }),
    );
    await offer.getByRole("button", { name: "Go on" }).click();
    await expect(card(page).getByRole("alert")).toHaveText(
      "The run MNIST digits is not in this browser any more.",
    );
    await expect(offer).toHaveCount(0);
  });
});
