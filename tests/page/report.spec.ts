import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { file, idx, open } from "./helpers";

/** Ten images of 8 x 8 pixels: 1 is 0 again, 3 is 2 with another class, 9 is white all over. */
function dirty() {
  const pixels = Uint8Array.from({ length: 10 * 64 }, (_, i) => (i * i * 31 + 7 * i) % 251);
  pixels.copyWithin(1 * 64, 0, 64);
  pixels.copyWithin(3 * 64, 2 * 64, 3 * 64);
  pixels.fill(255, 9 * 64);
  return [
    file("dirty-images-idx3-ubyte", idx([10, 8, 8], pixels)),
    file("dirty-labels-idx1-ubyte", idx([10], Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0, 0))),
  ];
}

test("what is wrong with samples is found, shown, and mended by a click that can be undone", {
  tag: "@everywhere",
}, async ({ page }) => {
  await open(page, "data");
  await page.getByTestId("files").setInputFiles(dirty());
  await page.getByRole("link", { name: "Open dirty" }).click();
  await page.getByRole("link", { name: "Report" }).click();
  await expect(page.getByText("0 has 9.0 times as many samples as 1.")).toBeVisible();
  await page.getByRole("button", { name: "Look at every sample" }).click();
  const conflicts = page.getByRole("region", {
    name: "2 samples with the content of another, and another class",
  });
  const duplicates = page.getByRole("region", {
    name: "1 sample with the content of another of the same class",
  });
  const empty = page.getByRole("region", { name: "1 sample of one colour all over" });
  for (const finding of [conflicts, duplicates, empty]) await expect(finding).toBeVisible();

  await duplicates.getByRole("button", { name: "Exclude 1 sample" }).click();
  await expect(duplicates.getByRole("button", { name: "Excluded" })).toBeDisabled();
  await expect(page.getByText("10, 1 of them excluded")).toBeVisible();
  await page.keyboard.press("ControlOrMeta+z");
  await expect(duplicates.getByRole("button", { name: "Exclude 1 sample" })).toBeVisible();
  await empty.getByRole("button", { name: "Exclude 1 sample" }).click();
  await expect(empty.getByRole("button", { name: "Include them again" })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);

  await conflicts.getByRole("button", { name: "Look at them" }).click();
  await expect(page.getByText("2 samples", { exact: true })).toBeVisible();
  await expect(page.getByRole("gridcell").first()).toHaveAccessibleName("Sample 3, class 0");
  await expect(page.getByRole("gridcell").nth(1)).toHaveAccessibleName("Sample 4, class 1");
  // Why something was excluded is kept with it.
  await page.reload();
  await page.getByLabel("Show").selectOption({ label: "Excluded" });
  await expect(page.getByRole("gridcell")).toHaveAccessibleName("Sample 10, class 0, excluded");
  await expect(page.getByText("1 sample excluded: empty")).toBeVisible();
});
