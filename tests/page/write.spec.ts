/** Write: a model learns from a text, and writes. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";

test.describe.configure({ timeout: 180_000 });

const LINES = ["the cat sat on the mat.", "the dog ran to the cat.", "a cat and a dog can run."];
/** Short enough that an epoch is a few steps. */
const TEXT = Array.from({ length: 200 }, (_, i) => LINES[(i * 7) % 3]).join("\n");

async function open(page: Page): Promise<void> {
  await page.goto("#/write");
  await expect(page.getByRole("heading", { name: "This text" })).toBeVisible();
}

async function give(page: Page, text: string | Buffer, name = "cats.txt"): Promise<void> {
  await page
    .getByTestId("text-file")
    .setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
}

const facts = (page: Page) => page.getByTestId("text-facts");
const run = (page: Page) => page.getByRole("region", { name: "This run" });
const writing = (page: Page) => page.getByTestId("writing").locator(".text");

async function start(page: Page, epochs: number): Promise<void> {
  await open(page);
  await give(page, TEXT);
  await expect(facts(page)).toContainText("characters");
  await page.getByLabel("Begin with").fill("the cat");
  await page.getByLabel("Epochs").fill(String(epochs));
  await run(page).getByRole("button", { name: "Train", exact: true }).click();
}

async function clean(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}

test("a model learns from a text, writes, is kept, and writes again after a reload", async ({ page }) => {
  await start(page, 3);
  await expect(run(page).getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 45_000 });
  await expect(page.getByTestId("held")).toHaveText(/^\d\.\d+$/);
  await expect(writing(page)).toHaveText(/^the cat[\s\S]{100,}/);

  await page.reload();
  await expect(facts(page)).toContainText("characters");
  await expect(page.getByLabel("Begin with")).toHaveValue("the cat");
  await expect(page.getByLabel("Epochs")).toHaveValue("3");
  await expect(page.getByText("cats is ready.")).toBeVisible();
  await page.getByLabel("Begin with").press("Enter");
  await expect(page.getByRole("button", { name: "Write", exact: true })).toBeVisible();
  await expect(writing(page)).toHaveText(/^the cat[\s\S]{200,}/);
  const before = (await writing(page).textContent())?.length ?? 0;
  await page.getByRole("button", { name: "Write more" }).click();
  await expect.poll(async () => (await writing(page).textContent())?.length).toBeGreaterThan(before + 100);

  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("link", { name: "Write with cats" }).click();
  await expect(page).toHaveURL(/#\/write\/cats$/);
});

test("a run is shown at every place, paused, and stopped; other trainings wait", async ({ page }) => {
  await start(page, 1000);
  await expect(run(page).getByText(/batch \d+ of \d+/)).toBeVisible({ timeout: 30_000 });
  // The first is written before the second, which stands below.
  await expect(page.locator(".older")).not.toHaveCount(0, { timeout: 30_000 });
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await expect(page.getByText("cats is being trained.")).toBeVisible();
  const bar = page.getByRole("complementary", { name: "Training in progress" });
  await expect(bar).toContainText("characters/s");
  await bar.getByRole("button", { name: "Pause" }).click();
  await bar.getByRole("link", { name: "Paused cats" }).click();
  const held = await page.getByTestId("batch").textContent();
  await page.waitForTimeout(600);
  expect(await page.getByTestId("batch").textContent()).toBe(held);
  // What is paused writes when it is asked.
  await page.getByLabel("Begin with").fill("a dog");
  await page.getByRole("button", { name: "Write", exact: true }).click();
  await expect(writing(page)).toHaveText(/^a dog[\s\S]{20,}/);
  await run(page).getByRole("button", { name: "Stop" }).click();
  await expect(run(page).getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 30_000 });
  await expect(bar).toHaveCount(0);
});

test("a run goes on where a reload ended it, or another tab left it", async ({ page, context }) => {
  await start(page, 1000);
  await expect(page.getByTestId("batch")).toHaveText(/batch \d+ of \d+/, { timeout: 30_000 });
  await run(page).getByRole("button", { name: "Pause" }).click();
  await expect(run(page).getByTestId("saved")).toContainText("s ago");
  await page.reload();
  const offer = page.getByRole("region", { name: "Interrupted run" });
  await expect(offer).toContainText(/cats was interrupted (in|before) epoch \d+ of 1000/, {
    timeout: 30_000,
  });
  await offer.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByTestId("batch")).toHaveText(/batch \d+ of \d+/, { timeout: 30_000 });

  const other = await context.newPage();
  await open(other);
  await expect(run(other)).toContainText("cats is being trained in another tab.");
  await expect(other.getByTestId("watched")).toContainText(/Epoch \d+ of 1000, batch \d+ of \d+/);
  await clean(other);
  await run(other).getByRole("button", { name: "Take over here" }).click();
  await expect(run(page)).toContainText("cats goes on in another tab.", { timeout: 30_000 });
  await expect(run(other).getByRole("button", { name: "Stop" })).toBeEnabled({ timeout: 30_000 });
  await expect(other.getByTestId("batch")).toHaveText(/batch \d+ of \d+/, { timeout: 30_000 });
  await run(other).getByRole("button", { name: "Stop" }).click();
  await expect(run(other).getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("cats was trained to its end in another tab.")).toBeVisible();
  await expect(run(page).getByRole("button", { name: "Train", exact: true })).toBeVisible();
});

test("what is no text, or too short, is refused in words, and what was there stays", async ({ page }) => {
  await open(page);
  await expect(page.getByText("Choose a text first.")).toBeVisible();
  await give(page, TEXT);
  await expect(facts(page)).toContainText("4,");
  await give(page, "only a line", "note.txt");
  await expect(page.getByRole("alert")).toContainText("note.txt has 11 characters");
  await give(page, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1]), "cat.png");
  await expect(page.getByRole("alert")).toContainText("cat.png is no text");
  await expect(page.getByText("cats", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Paste a text" }).click();
  await page.getByLabel("Text", { exact: true }).fill("x".repeat(50));
  await page.getByRole("button", { name: "Use this text" }).click();
  await expect(page.getByRole("alert")).toContainText("What you pasted has 50 characters");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Paste a text" })).toBeFocused();
});

test("the sample text says where it is from", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: /^Shakespeare/ }).click();
  await expect(facts(page)).toContainText("999,985 characters, 65 different");
  await expect(page.getByText("in the public domain")).toBeVisible();
  await expect(page.getByLabel("Begin with")).toHaveValue("ROMEO:");
});

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing on write, ${scheme}, and nothing runs out at 360 px`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 360, height: 780 });
    await open(page);
    await clean(page);
    await start(page, 2);
    await expect(writing(page)).toHaveText(/^the cat[\s\S]{20,}/, { timeout: 30_000 });
    await clean(page);
    const excess = await page.evaluate(() => {
      const main = document.querySelector("main");
      return [document.documentElement, main].map((box) => (box ? box.scrollWidth - box.clientWidth : -1));
    });
    expect(excess).toEqual([0, 0]);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("main :is(button, select, input:not([hidden]), textarea)")]
        .filter((element) => element.getBoundingClientRect().height < 39)
        .map((element) => element.outerHTML),
    );
    expect(small).toEqual([]);
  });
}
