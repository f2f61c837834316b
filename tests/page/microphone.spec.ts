import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { open } from "./helpers";

async function newSet(page: Page): Promise<void> {
  await open(page, "data");
  await page.getByRole("button", { name: "Record with the microphone" }).click();
  await page.getByLabel("Name").fill("Noises");
  await page.getByLabel("Classes, separated by commas").fill("beep, quiet");
  await page.getByLabel("Length of a recording").selectOption("0.5");
  await page.getByRole("button", { name: "Start recording" }).click();
}

const held = (page: Page, name: string) => page.getByRole("button", { name: new RegExp(`^${name} `) });

/** How many recordings of a class are kept. */
async function kept(page: Page, name: string): Promise<number> {
  return Number((await held(page, name).textContent())?.match(/\d+\s*$/)?.[0]);
}

// The browser's own device beeps.
test("sounds are recorded while a class is held, and become a dataset", async ({ page }) => {
  await newSet(page);
  await expect(page.getByText("The microphone is off.")).toBeVisible();
  await held(page, "beep").hover();
  await page.mouse.down();
  await expect(page.getByText(/^Recording, 1\.[0-9] s$/)).toBeVisible();
  await page.mouse.up();
  await expect.poll(() => kept(page, "beep")).toBeGreaterThanOrEqual(2);
  await expect(page.getByText("The microphone is on")).toBeVisible();

  await held(page, "quiet").focus();
  await page.keyboard.down("Space");
  await expect(page.getByText(/^Recording, 0\.[6-9] s$/)).toBeVisible();
  await page.keyboard.up("Space");
  await expect.poll(() => kept(page, "quiet")).toBeGreaterThanOrEqual(1);
  await page.getByRole("button", { name: /^Take back the last/ }).click();
  await expect.poll(() => kept(page, "quiet")).toBe(0);
  // A moment is no recording.
  await held(page, "quiet").press("Space");
  await expect(page.getByRole("alert")).toContainText("That was too short");
  await held(page, "quiet").focus();
  await page.keyboard.down("Enter");
  await expect(page.getByText(/^Recording, 0\.[6-9] s$/)).toBeVisible();
  await page.keyboard.up("Enter");
  await expect.poll(() => kept(page, "quiet")).toBeGreaterThanOrEqual(1);

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "Open Noises" }).click();
  // Half a second of 16,000 samples a second, frames 256 samples apart.
  await expect(page.getByText(/recordings of 32 × 64 × 1, 2 classes/)).toBeVisible();
  await expect(page.getByRole("gridcell").first()).toHaveAccessibleName(/^Sample 1, class beep/);
  await page.getByRole("button", { name: "Play sample 1", exact: true }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a microphone that is refused is said in words", { tag: "@everywhere" }, async ({ page }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await newSet(page);
  await held(page, "beep").focus();
  await page.keyboard.press("Space");
  await expect(page.getByRole("alert")).toContainText("The microphone was refused. Allow it for this page");
  expect(await kept(page, "beep")).toBe(0);
});
