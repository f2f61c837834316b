import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { answer, chooseKind, digits, draw, open, train } from "./helpers";

test.describe.configure({ timeout: 300_000 });

test("one epoch of MNIST is trained, looked at, kept over a reload and used for drawings", async ({
  page,
}) => {
  await train(page, 1);
  const accuracy = Number.parseFloat((await page.getByTestId("accuracy").textContent()) ?? "");
  expect(accuracy).toBeGreaterThan(97);
  await expect(page.locator("footer .model")).toContainText("MNIST digits");
  await page.getByRole("button", { name: /images of 4 called 4/ }).click();
  await expect(page.getByRole("heading", { name: /images of 4 called 4/ })).toBeVisible();
  await expect(page.locator(".results li").first()).toContainText("4");

  // What was tested wrongly is mended from here.
  const tile = page.locator(".results li").first();
  await tile.getByRole("button").click();
  const bar = page.getByRole("group", { name: "What is selected" });
  await bar.getByLabel("Relabel").selectOption("9");
  await expect(tile).toContainText("now 9");
  await bar.getByRole("button", { name: "Undo" }).click();
  await bar.getByRole("button", { name: "Exclude" }).click();
  await expect(tile).toContainText("excluded");

  await page.getByRole("button", { name: "Recall" }).click();
  const table = page.getByRole("table", { name: "Precision, recall and F1 of each class" });
  const recalls = await table.locator("tbody td:nth-child(3)").allTextContents();
  const values = recalls.map((text) => Number.parseFloat(text)).filter(Number.isFinite);
  expect(values).toHaveLength(10);
  expect(values).toEqual([...values].sort((a, b) => a - b));

  // Only the place scrolls, never the frame around it.
  expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0);

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);

  await page.reload();
  await expect(page.locator("footer .model")).toContainText(`${accuracy.toFixed(2)}%`);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page.getByRole("heading", { name: "MNIST digits" })).toBeVisible();
  await expect(page.getByText(`${accuracy.toFixed(2)}%`).first()).toBeVisible();

  await page.getByRole("link", { name: "Draw", exact: true }).click();
  await draw(page, digits.three);
  await expect(answer(page)).toHaveText("3");
});

test("what a run takes is told before it starts", async ({ page }) => {
  await open(page, "train");
  const told = page.getByTestId("memory");
  const megabytes = async () => {
    await expect(told).toHaveText(
      /^Takes up to [\d.]+ MB of memory in \d+ workers?\.\s+Engine: (relaxed|baseline) SIMD\.$/,
    );
    return Number((await told.textContent())?.match(/[\d.]+/)?.[0]);
  };
  const usual = await megabytes();
  expect(usual).toBeGreaterThan(0);
  await page.getByLabel("Batch size").fill("4096");
  await expect(async () => expect(await megabytes()).toBeGreaterThan(4 * usual)).toPass();
  await page.getByLabel("Batch size").fill("0");
  await expect(told).toHaveText("");
});

test("a run is paused, goes on, is changed and stopped; other places show it", async ({ page }) => {
  await open(page, "train");
  await page.getByLabel("Epochs").fill("50");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  const card = page.getByRole("region", { name: "This run" });
  await expect(card.getByText(/batch \d+ of 469/)).toBeVisible({ timeout: 60_000 });
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  await expect(page.locator("footer")).toContainText(`${Math.min(cores, 8)} of ${cores} core`);
  await card.getByRole("button", { name: "Pause" }).click();
  await expect(card.getByRole("button", { name: "Go on" })).toBeVisible();
  const held = await card.getByText(/batch \d+ of 469/).textContent();
  await page.waitForTimeout(600);
  expect(await card.getByText(/batch \d+ of 469/).textContent()).toBe(held);

  await page.getByRole("link", { name: "Draw", exact: true }).click();
  const bar = page.getByRole("complementary", { name: "Training in progress" });
  await expect(bar).toContainText("Paused");
  await bar.getByRole("button", { name: "Go on" }).click();
  await expect(bar).toContainText("Training");
  await draw(page, digits.seven);
  await expect(answer(page)).toHaveText("7");

  await page.getByRole("link", { name: "Train", exact: true }).click();
  await card.getByLabel("New learning rate").fill("0.001");
  await card.getByRole("button", { name: "Change" }).click();
  await expect(card.getByPlaceholder("rate 0.001")).toBeVisible();
  await card.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 60_000 });
});

test("a reload in the middle offers to go on from the last epoch", async ({ page }) => {
  await open(page, "train");
  await page.getByLabel("Epochs").fill("2");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  const card = page.getByRole("region", { name: "This run" });
  await expect(card.getByText("2 of 2")).toBeVisible({ timeout: 120_000 });
  await page.reload();
  await expect(card.getByText(/was left after epoch 1 of 2/)).toBeVisible();
  await card.getByRole("button", { name: "Go on" }).click();
  await expect(card.getByText("2 of 2")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 240_000 });
  await page.reload();
  await expect(card.getByText(/was left after/)).toHaveCount(0);
});

test("a learning rate that is far too high is said to diverge, and the page goes on", async ({ page }) => {
  await open(page, "train");
  await chooseKind(page, "Optimiser", "SGD");
  await chooseKind(page, "Schedule", "constant");
  await page.getByLabel("Learning rate", { exact: true }).fill("1e30");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Lower the learning rate" })).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeEnabled();
});
