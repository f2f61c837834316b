/** Pictures that come back: by way of a small code, and out of noise. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { digits, draw, open } from "./helpers";

test.describe.configure({ timeout: 300_000 });
test.use({ actionTimeout: 20_000 });

const quality = (page: Page) => page.getByTestId("quality");
const decibels = async (page: Page, what: string) =>
  Number.parseFloat(
    (await quality(page).locator("div", { hasText: what }).locator("dd").textContent()) ?? "",
  );
/** The picture as it is on the page: changes are seen by it. */
const painted = (page: Page, name: RegExp) =>
  page
    .getByRole("img", { name })
    .locator("canvas")
    .first()
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

async function train(page: Page, kind: string, epochs: number, pictures: number): Promise<void> {
  await page.getByRole("button", { name: kind, exact: true }).click();
  await page.getByLabel("Epochs").fill(String(epochs));
  await page.getByLabel("Pictures an epoch").fill(String(pictures));
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 240_000 });
}

test("digits go through a small code, whose numbers can be moved", async ({ page }) => {
  await open(page, "rebuild");
  await expect(page.getByText("Train the network first.")).toBeVisible();
  await page.getByRole("slider", { name: "Numbers of the code" }).fill("8");
  await train(page, "Small code", 2, 6000);
  // Better than the mean of all digits, which is at 11.7.
  await expect.poll(() => decibels(page, "Rebuilt")).toBeGreaterThan(12.5);
  await expect(page.getByRole("img", { name: /^Code of .: -?\d/ })).toHaveCount(8);

  const code = page.getByTestId("code").getByRole("slider");
  await expect(code).toHaveCount(8);
  const before = await painted(page, /What these numbers become/);
  await code.first().focus();
  await page.keyboard.press("End");
  await expect.poll(() => painted(page, /What these numbers become/)).not.toBe(before);
  await page.getByRole("button", { name: "As it was" }).click();
  await expect.poll(() => painted(page, /What these numbers become/)).toBe(before);

  // Another picture, and one that is drawn.
  const rebuilt = await painted(page, /^Rebuilt: /);
  await page
    .getByRole("button", { name: /^Look closely at/ })
    .nth(2)
    .click();
  await expect.poll(() => painted(page, /^Rebuilt: /)).not.toBe(rebuilt);
  await page.getByRole("button", { name: "Your drawing" }).click();
  await draw(page, digits.three);
  await expect(page.getByRole("img", { name: "Rebuilt: your drawing" })).toBeVisible();
  const milliseconds = await page.getByTestId("milliseconds").textContent();
  expect(Number(milliseconds?.match(/\d+/)?.[0])).toBeLessThan(200);

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);

  // Settings, model and drawing are there again after a reload.
  await page.reload();
  await expect(page.getByLabel("Epochs")).toHaveValue("2");
  await expect(page.getByRole("slider", { name: "Numbers of the code" })).toHaveValue("8");
  await page.getByRole("button", { name: "Your drawing" }).click();
  await expect(page.getByRole("img", { name: "Rebuilt: your drawing" })).toBeVisible();
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("link", { name: "Rebuild with MNIST digits, small code" }).click();
  await expect(page).toHaveURL(/#\/rebuild\//);
});

test("numbers at random become new digits", async ({ page }) => {
  await open(page, "rebuild");
  await page.getByRole("button", { name: "New pictures", exact: true }).click();
  await expect(
    page.getByRole("region", { name: "New pictures" }).getByText("Train the network first."),
  ).toBeVisible();
  await page.getByRole("slider", { name: "Numbers of the code" }).fill("8");
  await train(page, "New pictures", 2, 8000);
  await expect(page.getByText("Loss, nats a picture")).toBeVisible();
  // Better than the mean of all digits, which is at 11.7.
  await expect.poll(() => decibels(page, "Rebuilt")).toBeGreaterThan(12.5);
  const made = page.getByTestId("made");
  await expect(made.getByRole("img")).toHaveCount(24);
  const [first, second] = [await painted(page, /^New picture 1$/), await painted(page, /^New picture 2$/)];
  expect(first).not.toBe(second);

  // One of them closely.
  await made.getByRole("button", { name: "Move the numbers of new picture 1", exact: true }).click();
  await expect.poll(() => painted(page, /What these numbers become/)).toBe(first);
  await page.getByTestId("code").getByRole("slider").first().focus();
  await page.keyboard.press("End");
  await expect.poll(() => painted(page, /What these numbers become/)).not.toBe(first);

  await page.getByRole("button", { name: "Others", exact: true }).click();
  await expect.poll(() => painted(page, /^New picture 1$/)).not.toBe(first);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);

  // The model is there again after a reload.
  await page.reload();
  await expect(made.getByRole("img")).toHaveCount(24);
});

test("noise is taken out better than a median filter does, and can be changed", async ({ page }) => {
  await open(page, "rebuild");
  await train(page, "Against noise", 2, 4000);
  await expect.poll(() => decibels(page, "Rebuilt")).toBeGreaterThan(0);
  expect(await decibels(page, "Rebuilt")).toBeGreaterThan((await decibels(page, "Median filter")) + 0.5);
  expect(await decibels(page, "Median filter")).toBeGreaterThan(await decibels(page, "Noisy input"));

  const noise = page.getByRole("slider", { name: "Noise", exact: true });
  const [noisy, rebuilt] = [await painted(page, /^With noise: /), await painted(page, /^Rebuilt: /)];
  await noise.fill("0.8");
  await expect.poll(() => painted(page, /^With noise: /)).not.toBe(noisy);
  await expect.poll(() => painted(page, /^Rebuilt: /)).not.toBe(rebuilt);
  // The same noise is the same pattern again.
  await noise.fill("0.4");
  await expect.poll(() => painted(page, /^With noise: /)).toBe(noisy);
});

test("a run is paused and stopped, seen from elsewhere, and keeps others from starting", async ({ page }) => {
  await open(page, "rebuild");
  await page.getByLabel("Epochs").fill("40");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  const card = page.getByRole("region", { name: "This run" });
  await expect(card.getByText(/batch \d+ of 79/)).toBeVisible({ timeout: 60_000 });
  await card.getByRole("button", { name: "Pause" }).click();
  await expect(card.getByRole("button", { name: "Go on" })).toBeVisible();
  await page.getByRole("link", { name: "Train", exact: true }).click();
  const bar = page.getByRole("complementary", { name: "Training in progress" });
  await expect(bar).toContainText("Paused");
  await expect(page.getByRole("button", { name: "Train", exact: true })).toBeDisabled();
  await bar.getByRole("button", { name: "Go on" }).click();
  await bar.getByRole("link").click();
  await card.getByRole("button", { name: "Stop" }).click();
  await expect(card.getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 60_000 });
});

test("a run goes on where a reload ended it, or another tab left it", async ({ page, context }) => {
  await open(page, "rebuild");
  await page.getByLabel("Epochs").fill("40");
  await page.getByLabel("Pictures an epoch").fill("2000");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  const card = page.getByRole("region", { name: "This run" });
  await expect(card.getByText(/^[2-9] of 40$/)).toBeVisible({ timeout: 90_000 });
  await expect(page.getByTestId("batch")).toHaveText(/batch \d+ of 16/);
  await card.getByRole("button", { name: "Pause" }).click();
  await page.reload();
  const offer = page.getByRole("region", { name: "Interrupted run" });
  await expect(offer).toContainText(/was interrupted (in|before) epoch [2-9] of 40/, { timeout: 30_000 });
  await offer.getByRole("button", { name: "Go on" }).click();
  await expect(card.getByText(/^[2-9] of 40$/)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId("batch")).toHaveText(/batch \d+ of 16/, { timeout: 60_000 });

  const other = await context.newPage();
  await open(other, "rebuild");
  const watched = other.getByRole("region", { name: "This run" });
  await expect(watched).toContainText("is being trained in another tab.");
  await expect(other.getByTestId("watched")).toContainText(/of 40, batch \d+ of 16/);
  await watched.getByRole("button", { name: "Take over here" }).click();
  await expect(card).toContainText("goes on in another tab.", { timeout: 60_000 });
  await expect(other.getByTestId("batch")).toHaveText(/batch \d+ of 16/, { timeout: 60_000 });
  await watched.getByRole("button", { name: "Stop" }).click();
  await expect(watched.getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 60_000 });
});
