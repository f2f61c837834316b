import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { digits, draw, more, open, testRates } from "./helpers";

for (const scheme of ["light", "dark"] as const) {
  for (const place of ["draw", "data", "train", "rebuild", "write", "models"] as const) {
    test(`axe finds nothing on ${place}, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await open(page, place);
      if (place === "draw") await draw(page, digits.three);
      if (place === "train") {
        await page.getByTestId("layer").first().getByRole("button").first().click();
        await more(page);
        await testRates(page);
      }
      await page.waitForTimeout(300);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
    });
  }
}

test("axe finds nothing where an optimiser is chosen", async ({ page }) => {
  await open(page, "train");
  await page.getByRole("button", { name: "Optimiser" }).click();
  await expect(page.getByRole("dialog", { name: "Optimiser" })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
});

test("axe finds nothing in the dialog about what is sent", async ({ page }) => {
  await open(page, "draw");
  await page.getByRole("button", { name: "0 bytes sent" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("places are reached by address, back, forward and reload", async ({ page }) => {
  await open(page, "draw");
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page).toHaveURL(/#\/models$/);
  await expect(page).toHaveTitle(/^Models/);
  await page.goBack();
  await expect(page).toHaveTitle(/^Draw/);
  await page.goForward();
  await page.reload();
  await expect(page).toHaveTitle(/^Models/);
});

for (const width of [360, 900, 1440]) {
  test(`nothing runs out of the page at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 780 });
    for (const place of ["draw", "data", "train", "rebuild", "write", "models"] as const) {
      await open(page, place);
      if (place === "train") {
        await more(page);
        await testRates(page);
      }
      const excess = await page.evaluate(() => {
        const main = document.querySelector("main");
        return [document.documentElement, main].map((box) => (box ? box.scrollWidth - box.clientWidth : -1));
      });
      expect(excess, place).toEqual([0, 0]);
    }
  });
}

test("everything that can be pressed is at least 40 pixels high", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  for (const place of ["draw", "data", "train", "rebuild", "write", "models"] as const) {
    await open(page, place);
    if (place === "train") {
      await more(page);
      await testRates(page);
    }
    const small = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, select, input, a, summary")]
        .filter((element) => element.offsetParent !== null && element.getClientRects().length > 0)
        // What is ticked is pressed by its label, too.
        .map((element) => element.closest<HTMLElement>(".check") ?? element)
        .filter(
          (element) =>
            getComputedStyle(element).display !== "inline" && element.getBoundingClientRect().height < 39,
        )
        .map(
          (element) =>
            `${element.tagName} ${element.textContent?.trim()} ${element.getBoundingClientRect().height}`,
        ),
    );
    expect(small, place).toEqual([]);
  }
});

test("the colours follow the user's choice", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "draw");
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "0 bytes sent" }).click();
  await page.getByLabel("Colours").selectOption("dark");
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  expect(await background()).toBe(dark);
});
