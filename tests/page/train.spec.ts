import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { addShapes, answer, chooseKind, digits, draw, more, open, testRates, train } from "./helpers";

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
  await page.getByLabel("Epochs", { exact: true }).fill("50");
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

test("another optimiser and schedule train, and are still there after a reload", async ({ page }) => {
  await open(page, "train");
  await chooseKind(page, "Optimiser", "RMSProp");
  await chooseKind(page, "Schedule", "cosine");
  await page.getByLabel("Warm-up, epochs").fill("0.2");
  await more(page);
  await page.getByLabel("Momentum", { exact: true }).fill("0.5");
  await page.getByLabel("Clip gradients").selectOption("global norm");
  await page.getByLabel("Average weights").selectOption("yes");
  await expect(page.getByText("More settings (3 changed)")).toBeVisible();
  await expect(page.getByTestId("memory")).toContainText("Takes up to");
  await train(page, 1);
  expect(Number.parseFloat((await page.getByTestId("accuracy").textContent()) ?? "")).toBeGreaterThan(96);

  await page.reload();
  await expect(page.getByRole("button", { name: "Optimiser RMSProp" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Schedule cosine" })).toBeVisible();
  await expect(page.getByLabel("Warm-up, epochs")).toHaveValue("0.2");
  await more(page);
  await expect(page.getByLabel("Momentum", { exact: true })).toHaveValue("0.5");
  await expect(page.getByLabel("Largest global norm")).toHaveValue("1");
  await expect(page.getByLabel("EMA momentum")).toHaveValue("0.99");
});

test("an optimiser is found by a word and chosen by the keyboard alone; its rate goes along", async ({
  page,
}) => {
  await open(page, "train");
  const button = page.getByRole("button", { name: "Optimiser" });
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Optimiser" });
  await expect(dialog.getByRole("option", { name: /^AdamW, chosen/ })).toHaveAttribute(
    "aria-selected",
    "true",
  );
  await page.keyboard.type("gradient descent");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(button).toBeFocused();
  await expect(button).toHaveAccessibleName("Optimiser SGD");
  await expect(page.getByLabel("Peak learning rate")).toHaveValue("0.08");
});

test("what a schedule or an optimiser cannot be told is said beside its field", async ({ page }) => {
  await open(page, "train");
  const start = page.getByRole("button", { name: "Train", exact: true });
  await chooseKind(page, "Schedule", "step");
  await page.getByLabel("Factor").fill("2");
  await expect(page.getByRole("alert")).toHaveText("Expected a number above 0 and below 1, such as 0.1.");
  await expect(page.getByLabel("Factor")).toHaveAttribute("aria-invalid", "true");
  await expect(start).toBeDisabled();
  // Nothing is what is usual.
  await page.getByLabel("Factor").fill("");
  await page.getByLabel("Factor").blur();
  await expect(page.getByLabel("Factor")).toHaveValue("0.1");
  await expect(start).toBeEnabled();
  await chooseKind(page, "Schedule", "piecewise");
  await page.getByLabel("Changes, epochs").fill("1, 2");
  await expect(page.getByRole("alert")).toHaveText("Expected 3 numbers, one more than there are changes.");
  await page.getByLabel("Shares of the rate").fill("1, 0.5, 0.1");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await more(page);
  await page.getByLabel("Beta 2").fill("x");
  await page.getByText(/^More settings/).click();
  // What is wrong does not stay hidden.
  await page.reload();
  await expect(start).toBeEnabled();
});

test("settings of an earlier version of the page are read", async ({ page }) => {
  await page.addInitScript(() => {
    const run = {
      optimizer: "adamw",
      learningRate: 0.02,
      schedule: "oneCycle",
      batchSize: 32,
      epochs: 9,
      seed: 3,
    };
    localStorage.setItem("tabgrad.settings", JSON.stringify({ run: { ...run, weightDecay: 0.01 } }));
  });
  await open(page, "train");
  await expect(page.getByLabel("Peak learning rate")).toHaveValue("0.02");
  await expect(page.getByLabel("Epochs", { exact: true })).toHaveValue("9");
  await more(page);
  await expect(page.getByLabel("Weight decay")).toHaveValue("0.01");
});

test("learning rates are tested, drawn, and the best is taken over", async ({ page }) => {
  await open(page, "train");
  const use = await testRates(page);
  const plot = page.getByRole("img", {
    name: /^Loss against the learning rate: 2\.\d+ at 1e-6, fastest down at /,
  });
  await expect(plot).toBeVisible();
  await expect(plot.locator("canvas")).toBeVisible();
  const rate = ((await use.textContent()) ?? "").replace("Use", "").trim();
  expect(Number(rate)).toBeGreaterThan(1e-4);
  expect(Number(rate)).toBeLessThan(0.1);
  await use.click();
  await expect(page.getByLabel("Peak learning rate")).toHaveValue(rate);
  await expect(use).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByText("have changed since")).toHaveCount(0);
  await chooseKind(page, "Optimiser", "SGD");
  await expect(page.getByText("have changed since")).toBeVisible();
  await page.getByRole("button", { name: "Close" }).click();
  await expect(plot).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Test learning rates" })).toBeFocused();
});

test("a test of learning rates is stopped in the middle; the page goes on meanwhile", async ({ page }) => {
  await open(page, "train");
  // Long enough to be stopped.
  await page.getByLabel("Batch size").fill("4096");
  const button = page.getByRole("button", { name: "Test learning rates" });
  await button.click();
  const panel = page.getByTestId("rate-test");
  await expect(panel).toContainText(/step \d+ of 150/, { timeout: 60_000 });
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeDisabled();
  const bar = page.getByRole("complementary", { name: "Testing in progress" });
  await expect(bar).toContainText("Testing learning rates");
  await expect(bar.getByRole("button")).toHaveCount(0);
  // The page goes on meanwhile.
  await page.getByRole("link", { name: "Draw", exact: true }).click();
  await draw(page, digits.seven);
  await expect(answer(page)).toHaveText("7");
  await page.getByRole("link", { name: "Train", exact: true }).click();
  const stop = page.getByRole("button", { name: "Stop the test" });
  await stop.press("Enter");
  await expect(button).toBeFocused();
  await expect(panel).toHaveCount(0);
  await expect(bar).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeEnabled();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a loss that is no number at any learning rate is said to be that", async ({ page }) => {
  await page.addInitScript(() => {
    const large = { type: "rescaling", scale: 9e14 };
    const ends = [{ type: "flatten" }, { type: "dense", units: 10 }, large, large, large];
    const layers = [...ends, { type: "activation", activation: "softmax" }];
    localStorage.setItem("tabgrad.network", JSON.stringify({ preset: "", layers }));
  });
  await open(page, "train");
  await page.getByRole("button", { name: "Test learning rates" }).click();
  const said = page.getByRole("alert").filter({ hasText: "not a finite number in the first steps, at 1e-6" });
  await expect(said).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeEnabled();
});

test("of few samples a test of learning rates says that it is a rough one", async ({ page }) => {
  await open(page, "data");
  await addShapes(page, 40, 28);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await page.getByLabel("Dataset").selectOption({ label: "shapes" });
  await page.getByRole("button", { name: "Test learning rates" }).click();
  const said = page.getByText(/^The loss .* Only \d+ images to train on: each was seen \d+ times/);
  await expect(said).toBeVisible({ timeout: 60_000 });
});
