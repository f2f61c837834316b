/** What a run makes small, what it measures, and when it ends, on data that are learnt in a second. */
import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { chooseKind, file, more, open } from "./helpers";

/** Flowers of three kinds by their length, or prices that follow from it. */
function table(answer: (length: number, kind: number) => string): Buffer {
  const rows = Array.from({ length: 120 }, (_, i) => {
    const length = 1 + (i % 3) * 2 + (i % 7) / 10;
    return `${length},${(i * 5) % 11},${answer(length, i % 3)}`;
  });
  return Buffer.from(["length,width,answer", ...rows].join("\n"));
}

const flowers = table((_, kind) => ["setosa", "other", "third"][kind] as string);
const prices = table((length) => String(Math.round(1000 * length + 137)));

async function trainOn(page: Page, name: string, rows: Buffer): Promise<void> {
  await open(page, "data");
  await page.getByTestId("files").setInputFiles([file(`${name}.csv`, rows)]);
  await page.getByRole("link", { name: `Open ${name}` }).click();
  await expect(page.getByText(/^120 rows of/)).toBeVisible();
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await expect(page.getByText(/^120 rows of/)).toBeVisible();
}

const start = (page: Page) => page.getByRole("button", { name: "Train", exact: true }).click();

async function isAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}

test("another loss and more metrics are chosen, and their values are among the results", async ({ page }) => {
  test.setTimeout(120_000);
  await trainOn(page, "flowers", flowers);
  await expect(page.getByRole("button", { name: "Loss cross-entropy" })).toBeVisible();
  await chooseKind(page, "Loss", "focal");
  await page.getByLabel("Gamma").fill("3");
  await more(page);
  await expect(page.getByLabel("Accuracy", { exact: true })).toBeChecked();
  await expect(page.getByLabel("Accuracy", { exact: true })).toBeDisabled();
  for (const name of [
    "Top-k accuracy",
    "Balanced accuracy",
    "ROC AUC",
    "Cohen’s kappa",
    "Calibration error",
  ]) {
    await page.getByLabel(name).check();
  }
  await page.getByLabel("K of top k").fill("3");
  await expect(page.getByRole("alert")).toHaveText("Expected fewer than the 3 classes.");
  await page.getByLabel("K of top k").fill("2");
  await isAccessible(page);
  await start(page);
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId("measures")).toContainText(/Balanced accuracy\s*[\d.]+%/);
  const results = page.getByTestId("result");
  await expect(results).toContainText(/Top-2 accuracy\s*[\d.]+%/);
  await expect(results).toContainText(/ROC AUC\s*[01]\.\d{3}/);
  await expect(results).toContainText(/Cohen’s kappa\s*-?[01]\.\d{3}/);
  await expect(page.getByText("Loss, focal")).toBeVisible();
  await isAccessible(page);

  await page.reload();
  await page.getByRole("button", { name: "Load", exact: true }).click();
  await expect(page.getByRole("button", { name: "Loss focal" })).toBeVisible();
  await expect(page.getByLabel("Gamma")).toHaveValue("3");
  // What smooths no labels does not ask for it.
  await chooseKind(page, "Loss", "hinge");
  await expect(page.getByLabel("Label smoothing")).toHaveCount(0);
  await start(page);
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 60_000 });
});

test("numbers have losses of their own, in their unit", async ({ page }) => {
  await trainOn(page, "prices", prices);
  await expect(page.getByRole("button", { name: "Loss squared error" })).toBeVisible();
  await chooseKind(page, "Loss", "Poisson");
  await expect(page.getByText(/Poisson loss wants an answer that is never negative/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeDisabled();
  await chooseKind(page, "Loss", "Huber");
  await expect(page.getByLabel("Delta, deviations")).toHaveValue("1");
  await more(page);
  await page.getByLabel("R²").check();
  await page.getByLabel("Mean squared error", { exact: true }).check();
  await start(page);
  await expect(page.getByTestId("mae")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("Loss, Huber")).toBeVisible();
  await expect(page.getByTestId("measures")).toContainText(/R²\s*-?\d\.\d{3}/);
  await expect(page.getByTestId("result")).toContainText(/Mean squared error\s*[\d,.]+/);
  // Always saying the mean would err by some 1,500.
  const mae = Number((await page.getByTestId("mae").textContent())?.replaceAll(",", ""));
  expect(mae).toBeLessThan(800);
});

test("a run that gets no better stops, ends with its best epoch, and says so; its epochs are a table", async ({
  page,
}) => {
  await trainOn(page, "flowers", flowers);
  await chooseKind(page, "Schedule", "constant");
  await page.getByLabel("Epochs", { exact: true }).fill("300");
  await more(page);
  await expect(page.getByLabel("Best is by")).toHaveCount(0);
  await page.getByLabel("Stop early").selectOption("yes");
  await page.getByLabel("Patience, epochs").fill("2");
  await page.getByLabel("End with").selectOption("the best epoch");
  await page.getByLabel("Keep the best, too").selectOption("yes");
  await page.getByLabel("Best is by").selectOption("accuracy");
  await start(page);
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 60_000 });
  const said = page.getByText(/^It stopped after epoch/);
  await expect(said).toHaveText(
    /^It stopped after epoch \d+: the accuracy of the validation had not got better for 2 epochs\. The model has the weights of epoch \d+, the best\. Those of epoch \d+, the best, are kept as flowers, best epoch\.$/,
  );
  const [last, best] = ((await said.textContent())?.match(/epoch \d+/g) ?? []).map((text) =>
    Number(text.slice(6)),
  );
  expect(last).toBe((best as number) + 2);
  await isAccessible(page);

  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download the epochs as CSV" }).click(),
  ]);
  expect(saved.suggestedFilename()).toBe("flowers, epochs.csv");
  const lines = (await readFile(await saved.path(), "utf8")).trim().split("\n");
  expect(lines[0]).toBe("epoch,accuracy,loss,valAccuracy,valLoss");
  expect(lines).toHaveLength((last as number) + 1);
  const accuracy = (epoch: number | undefined) => Number(lines[epoch as number]?.split(",")[3]);
  expect(accuracy(best)).toBeGreaterThanOrEqual(accuracy(last));

  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page.getByRole("heading", { name: "flowers", exact: true })).toBeVisible();
  await expect(page.getByRole("heading", { name: "flowers, best epoch" })).toBeVisible();
});
