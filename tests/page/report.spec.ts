import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
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

  // What is decided about the classes can be undone, too.
  const even = page.getByLabel("Let all classes count the same in training");
  await even.check();
  await page.keyboard.press("ControlOrMeta+z");
  await expect(even).not.toBeChecked();
  await even.check();
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
  await page.goto("#/train");
  await expect(page.getByText("All classes count the same")).toBeVisible();
  await page.goBack();
  await page.reload();
  await page.getByLabel("Show").selectOption({ label: "Excluded" });
  await expect(page.getByRole("gridcell")).toHaveAccessibleName("Sample 10, class 0, excluded");
  await expect(page.getByText("1 sample excluded: empty")).toBeVisible();
});

/** A PNG file of noise, another for each seed. */
async function picture(page: Page, seed: number, side: number): Promise<Buffer> {
  const url = await page.evaluate(
    ([seed, side]) => {
      const canvas = document.createElement("canvas");
      canvas.width = side;
      canvas.height = side;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      // Blocks of an eighth, so that the same picture of another size is nearly the same.
      for (let i = 0; i < 64; i++) {
        const shade = (Math.imul(i * 64 + seed + 1, 2654435761) >>> 24) & 255;
        context.fillStyle = `rgb(${shade}, ${shade}, ${shade})`;
        context.fillRect(((i % 8) * side) / 8, (Math.floor(i / 8) * side) / 8, side / 8, side / 8);
      }
      return canvas.toDataURL("image/png");
    },
    [seed, side] as const,
  );
  return Buffer.from(url.split(",")[1] as string, "base64");
}

test("files that were read were looked at then: the report is there, and counts as the page does", async ({
  page,
}) => {
  await open(page, "data");
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  const add = async (path: string, bytes: Buffer) => writer.add(path, new Uint8ArrayReader(bytes));
  // The test part comes first in the archive, and last on the page.
  for (const [seed, name] of ["a/0", "a/1", "b/2"].entries()) {
    await add(`test/${name}.png`, await picture(page, seed, 32));
  }
  for (const [at, name] of ["a/3", "b/4", "a/5", "b/6", "a/7"].entries()) {
    await add(`train/${name}.png`, await picture(page, at + 3, 32));
  }
  await add("train/a/leak.png", await picture(page, 1, 32));
  await add("train/b/near.png", await picture(page, 5, 64));
  const buffer = Buffer.from(await writer.close());
  await page.getByTestId("files").setInputFiles([{ name: "parts.zip", mimeType: "application/zip", buffer }]);
  await page.getByRole("link", { name: "Open parts" }).click();
  await page.getByRole("link", { name: "Report" }).click();
  const near = page.getByRole("region", { name: "1 sample nearly like another" });
  const leaks = page.getByRole("region", {
    name: "1 sample of the test set that the training part has as well",
  });
  await expect(near).toBeVisible();
  await expect(page.getByRole("button", { name: "Look at every sample" })).toBeHidden();
  await leaks.getByRole("button", { name: "Look at them" }).click();
  // Seven to train on, and the second of the test part.
  await expect(page.getByRole("gridcell")).toHaveAccessibleName("Sample 9, class a");
});
