import { expect, test } from "@playwright/test";
import { answer, digits, draw, open } from "./helpers";

test.beforeEach(({ page }) => open(page, "draw"));

for (const [name, expected] of [
  ["one", "1"],
  ["three", "3"],
  ["seven", "7"],
] as const) {
  test(`a drawn ${expected} is read as ${expected}`, { tag: "@everywhere" }, async ({ page }) => {
    await draw(page, digits[name]);
    await expect(answer(page)).toHaveText(expected);
  });
}

test("the answer changes while the pen is still down", async ({ page }) => {
  const box = await page.locator("canvas[data-tool]").boundingBox();
  if (!box) throw new Error("the pad is not visible");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.8, { steps: 10 });
  await expect(answer(page)).toHaveText("1");
  await page.mouse.up();
});

test("every stroke is answered, and the page says how long it took", async ({ page }) => {
  await draw(page, digits.three);
  await expect(answer(page)).toHaveText("3");
  await expect(page.getByText(/answered in [\d.]+ ms/)).toBeVisible();
});

test("the bars stay in class order and add up to one", async ({ page }) => {
  await draw(page, digits.seven);
  await expect(answer(page)).toHaveText("7");
  const rows = page.locator(".bars li");
  await expect(rows.locator(".label")).toHaveText([..."0123456789"]);
  const values = await rows.locator(".value").allTextContents();
  const sum = values.reduce((total, text) => total + Number.parseFloat(text), 0);
  expect(sum).toBeGreaterThan(99);
  expect(sum).toBeLessThan(101);
});

test("what the network sees is the drawing in 28 x 28 pixels, and maps of two convolutions", async ({
  page,
}) => {
  await draw(page, digits.three);
  await expect(answer(page)).toHaveText("3");
  const seen = page.getByRole("img", { name: "The drawing as the network gets it" }).locator("canvas");
  const { width, height, ink } = await seen.evaluate((canvas: HTMLCanvasElement) => {
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let ink = 0;
    for (let i = 0; i < pixels.length; i += 4) if ((pixels[i] ?? 0) > 127) ink += 1;
    return { width: canvas.width, height: canvas.height, ink };
  });
  expect([width, height]).toEqual([28, 28]);
  expect(ink).toBeGreaterThan(40);
  expect(ink).toBeLessThan(300);
  await expect(page.getByRole("img", { name: /feature maps of the layer/ })).toHaveCount(2);
});

test("keyboard: Backspace clears, Ctrl-Z undoes", async ({ page }) => {
  await draw(page, digits.one);
  await expect(answer(page)).toHaveText("1");
  await draw(page, [
    [
      [0.2, 0.2],
      [0.8, 0.2],
      [0.8, 0.8],
    ],
  ]);
  await page.keyboard.press("Control+z");
  await expect(answer(page)).toHaveText("1");
  await page.keyboard.press("Backspace");
  await expect(answer(page)).toHaveCount(0);
  await expect(page.locator(".ghost")).toBeVisible();
});

test("a correction is learned at once, and can be undone", { tag: "@everywhere" }, async ({ page }) => {
  await draw(page, digits.one);
  await expect(answer(page)).toHaveText("1");
  await page.keyboard.press("7");
  await expect(page.getByText(/Learned in \d+ steps?: this is 7/)).toBeVisible();
  await expect(answer(page)).toHaveText("7");
  await expect(page.locator("footer .model")).toContainText("Digits, corrected");
  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await expect(answer(page)).toHaveText("1");
  await expect(page.locator("footer .model")).not.toContainText("corrected");
});

test("what was corrected is still known after a reload", { tag: "@everywhere" }, async ({ page }) => {
  await draw(page, digits.one);
  await page.getByRole("button", { name: "7", exact: true }).click();
  await expect(page.getByText(/Learned in/)).toBeVisible();
  await page.reload();
  await expect(page.locator("footer .model")).toContainText("Digits, corrected");
  await expect(answer(page)).toHaveText("7");
});

test("the eraser takes ink away", async ({ page }) => {
  await draw(page, digits.seven);
  await expect(answer(page)).toHaveText("7");
  await page.getByRole("button", { name: "Eraser" }).click();
  await draw(page, [
    [
      [0.28, 0.25],
      [0.6, 0.25],
    ],
  ]);
  await expect(answer(page)).not.toHaveText("7");
});
