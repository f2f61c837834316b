import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { open } from "./helpers";

/** The streams that the page was given, to see that it lets go of them. */
declare global {
  var streams: MediaStream[];
}

async function newSet(page: Page): Promise<void> {
  await open(page, "data");
  await page.getByRole("button", { name: "Record with the camera" }).click();
  await page.getByLabel("Name").fill("Gestures");
  await page.getByLabel("Classes, separated by commas").fill("hand, none");
  await page.getByLabel("Size of the pictures").selectOption("32");
  await page.getByRole("button", { name: "Start recording" }).click();
}

const states = (page: Page) =>
  page.evaluate(() => globalThis.streams.flatMap((s) => s.getTracks().map((t) => t.readyState)));

/** How many pictures of a class are kept. */
async function kept(page: Page, name: string): Promise<number> {
  const text = await page.getByRole("button", { name: new RegExp(`^${name} `) }).textContent();
  return Number(text?.match(/\d+\s*$/)?.[0]);
}

test.describe("with a camera", () => {
  test.beforeEach(({ page }) =>
    page.addInitScript(() => {
      globalThis.streams = [];
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (constraints) => {
        const stream = await ask(constraints);
        globalThis.streams.push(stream);
        return stream;
      };
    }),
  );

  test("pictures are recorded while a class is held, by pointer and by key", async ({ page }) => {
    await newSet(page);
    expect(await states(page)).toEqual([]);
    const hand = page.getByRole("button", { name: /^hand / });
    await hand.hover();
    await page.mouse.down();
    await expect.poll(() => kept(page, "hand")).toBeGreaterThanOrEqual(3);
    await page.mouse.up();
    const taken = await kept(page, "hand");
    await page.waitForTimeout(500);
    expect(await kept(page, "hand")).toBe(taken);

    await page.getByRole("button", { name: /^none / }).focus();
    await page.keyboard.down("Space");
    await expect.poll(() => kept(page, "none")).toBeGreaterThanOrEqual(2);
    await page.keyboard.up("Space");
    await page.getByRole("button", { name: /^Take back the last/ }).click();
    await expect.poll(() => kept(page, "none")).toBe(0);
    await page.getByRole("button", { name: /^none / }).focus();
    await page.keyboard.down("Enter");
    await expect.poll(() => kept(page, "none")).toBeGreaterThanOrEqual(2);
    await page.keyboard.up("Enter");

    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    expect(await states(page)).toEqual(["live"]);
    await page.getByRole("button", { name: "Done" }).click();
    expect(await states(page)).toEqual(["ended"]);

    await page.getByRole("link", { name: "Open Gestures" }).click();
    await expect(page.getByText(/images of 32 × 32 × 3, 2 classes/)).toBeVisible();
    await expect(page.getByRole("gridcell").first()).toHaveAccessibleName("Sample 1, class hand");
  });

  test("the camera is let go when one leaves the place", async ({ page }) => {
    await newSet(page);
    await page.getByRole("button", { name: /^hand / }).focus();
    await page.keyboard.down("Space");
    await expect.poll(() => kept(page, "hand")).toBeGreaterThanOrEqual(1);
    await page.getByRole("link", { name: "Models", exact: true }).click();
    await expect.poll(() => states(page)).toEqual(["ended"]);
    await page.keyboard.up("Space");
  });
});

for (const [name, words] of [
  ["NotAllowedError", "The camera was refused. Allow it for this page"],
  ["NotFoundError", "No camera was found."],
] as const) {
  test(`${name} of the camera is said in words`, { tag: "@everywhere" }, async ({ page }) => {
    await page.addInitScript((error) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", error));
    }, name);
    await newSet(page);
    await page.getByRole("button", { name: /^hand / }).focus();
    await page.keyboard.press("Space");
    await expect(page.getByRole("alert")).toContainText(words);
    expect(await kept(page, "hand")).toBe(0);
  });
}
