import { type Download, expect, type Locator, type Page } from "@playwright/test";

type Point = readonly [x: number, y: number];

/** Points of an arc around (cx, cy), in shares of the pad; angles in turns, clockwise from the right. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Point[] {
  return Array.from({ length: 17 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / 16);
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)] as const;
  });
}

/** Strokes of digits as a person draws them. */
export const digits = {
  one: [
    [
      [0.53, 0.18],
      [0.5, 0.5],
      [0.48, 0.82],
    ],
  ],
  three: [[...arc(0.48, 0.34, 0.17, 0.15, 0.6, 1.25), ...arc(0.48, 0.66, 0.2, 0.17, 0.75, 1.4)]],
  seven: [
    [
      [0.3, 0.25],
      [0.7, 0.25],
      [0.45, 0.82],
    ],
  ],
} as const satisfies Record<string, readonly (readonly Point[])[]>;

/** Draws on the pad with the pointer, stroke by stroke. */
export async function draw(page: Page, strokes: readonly (readonly Point[])[]): Promise<void> {
  const pad = page.locator("canvas[data-tool]");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  if (!box) throw new Error("the pad is not visible");
  for (const [start, ...rest] of strokes) {
    if (!start) continue;
    await page.mouse.move(box.x + start[0] * box.width, box.y + start[1] * box.height);
    await page.mouse.down();
    // A straight piece is drawn in a few steps, as a hand does; the arcs have points enough.
    const steps = rest.length > 4 ? 1 : 4;
    for (const [x, y] of rest) {
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps });
    }
    await page.mouse.up();
  }
}

/** Opens a place and waits until the model that comes with the page answers. */
export async function open(
  page: Page,
  place: "draw" | "data" | "train" | "rebuild" | "write" | "models",
): Promise<void> {
  await page.goto(`#/${place}`);
  await expect(page.locator("footer .accuracy")).toHaveText(/%$/);
}

/** The large glyph of the answer. */
export function answer(page: Page) {
  return page.getByTestId("answer").locator(".glyph");
}

/** Trains on MNIST with the default preset until its results are there. */
export async function train(page: Page, epochs: number): Promise<void> {
  await open(page, "train");
  await page.getByLabel("Epochs", { exact: true }).fill(String(epochs));
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 240_000 });
}

/** Chooses an optimiser, a schedule or a loss on the Train place by its name. */
export async function chooseKind(
  page: Page,
  what: "Optimiser" | "Schedule" | "Loss",
  name: string,
): Promise<void> {
  await page.getByRole("button", { name: what }).click();
  const dialog = page.getByRole("dialog", { name: what });
  await dialog
    .getByRole("option")
    .filter({ hasText: new RegExp(`^${name}\\b`) })
    .click();
  await expect(dialog).toBeHidden();
}

/** Opens what few settings of a run are behind. */
export async function more(page: Page): Promise<void> {
  await page.getByText(/^More settings/).click();
  await expect(page.getByLabel("Clip gradients")).toBeVisible();
}

/** Tests learning rates on the Train place; what takes over the best of them. */
export async function testRates(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Test learning rates" }).click();
  const use = page.getByRole("button", { name: /^Use / });
  await expect(use).toBeVisible({ timeout: 60_000 });
  return use;
}

/** An IDX file of bytes: magic number, sizes, values. */
export function idx(dims: number[], values: Uint8Array): Buffer {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head.writeUInt32BE(0x0800 + dims.length, 0);
  dims.forEach((n, i) => {
    head.writeUInt32BE(n, 4 + 4 * i);
  });
  return Buffer.concat([head, values]);
}

/** Images of 8 x 8 pixels or others, and labels of two classes in turn. */
export const images = (count: number, side = 8) =>
  Uint8Array.from({ length: count * side ** 2 }, (_, i) => (i * 37) % 256);
export const labels = (count: number) => Uint8Array.from({ length: count }, (_, i) => i % 2);

export function file(name: string, buffer: Buffer) {
  return { name, mimeType: "application/octet-stream", buffer };
}

/** Adds so many of those images on the Data place, under the name "shapes". */
export async function addShapes(page: Page, count: number, side = 8): Promise<void> {
  await page
    .getByTestId("files")
    .setInputFiles([
      file("shapes-images-idx3-ubyte", idx([count, side, side], images(count, side))),
      file("shapes-labels-idx1-ubyte", idx([count], labels(count))),
    ]);
  await expect(page.getByRole("article", { name: "shapes" })).toBeVisible();
}

/** Adds "shapes" and trains on them, until the run is saved for the first time. */
export async function keepShapesRun(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Data", exact: true }).click();
  await addShapes(page, 200, 28);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await page.getByLabel("Epochs", { exact: true }).fill("1000");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByTestId("saved")).toContainText("s ago", { timeout: 60_000 });
}

/** Exports a model as a file of this page's own. */
export async function exported(page: Page, name: string): Promise<Download> {
  await page.getByRole("button", { name: `Export ${name}`, exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Export ${name}` });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Save", exact: true }).click(),
  ]);
  await dialog.getByRole("button", { name: "Close" }).click();
  return download;
}
