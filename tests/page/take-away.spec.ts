/** Models that leave: in each form, measured where bits are lost, and as a zip with all that it takes to use them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, expect, type Locator, type Page, test } from "@playwright/test";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { root } from "../package/projects";
import { file, open } from "./helpers";

test.use({ actionTimeout: 10_000 });

const network = readFileSync(join(root, "tests/interchange/onnx/torch_cnn_new.onnx"));

async function openExport(page: Page, name: string): Promise<Locator> {
  await page.getByRole("button", { name: `Export ${name}`, exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Export ${name}` });
  await expect(dialog.getByRole("heading", { name: `Export ${name}` })).toBeFocused();
  return dialog;
}

/** The name and the bytes of what a button hands over. */
async function saved(page: Page, button: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** The bytes of what a button hands over, where the driver of the browser tells of no downloads. */
async function handed(page: Page, button: Locator): Promise<Buffer> {
  await page.evaluate(() => {
    const { createObjectURL } = URL;
    const told = new Promise<Blob>((resolve) => {
      URL.createObjectURL = (object) => {
        if (object instanceof Blob && object.type === "application/zip") resolve(object);
        return createObjectURL.call(URL, object);
      };
    });
    Object.assign(globalThis, { told });
  });
  await button.click();
  const base64 = await page.evaluate(async () => {
    const bytes = new Uint8Array(
      await (await (globalThis as unknown as { told: Promise<Blob> }).told).arrayBuffer(),
    );
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  });
  return Buffer.from(base64, "base64");
}

const save = (dialog: Locator) => dialog.getByRole("button", { name: "Save", exact: true });

/** The files of a zip by their names. */
async function unpacked(bytes: Buffer): Promise<Map<string, Uint8Array>> {
  const entries = await new ZipReader(new Uint8ArrayReader(bytes)).getEntries();
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (!entry.directory)
      files.set(entry.filename, await entry.getData(new Uint8ArrayWriter(), { useWebWorkers: false }));
  }
  return files;
}

const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

test("a model is saved in each form; what fewer bits cost is measured before, and can be left", async ({
  page,
}) => {
  await open(page, "models");
  const dialog = await openExport(page, "Digits");
  const own = await saved(page, save(dialog));
  expect(own.name).toBe("Digits.safetensors");
  expect(own.bytes.subarray(8, 9).toString()).toBe("{");

  await dialog.getByRole("radio", { name: "Weights alone (.npz)" }).check();
  await expect(dialog.getByText(/^Digits\.npz, \d+ KB$/)).toBeVisible();
  expect((await saved(page, save(dialog))).bytes.subarray(0, 2).toString()).toBe("PK");

  await dialog.getByRole("radio", { name: "ONNX (.onnx)" }).check();
  await expect(dialog.getByText(/^Digits\.onnx, \d+ KB$/)).toBeVisible();
  const onnx = await saved(page, save(dialog));

  const weights = dialog.getByRole("combobox", { name: "Weights" });
  await weights.selectOption("int8");
  await dialog.getByRole("button", { name: "Stop measuring" }).click();
  await expect(dialog.getByTestId("measured")).toHaveText("Not measured: it was stopped.");
  const unmeasured = await saved(page, save(dialog));
  expect(unmeasured.name).toBe("Digits.int8.onnx");
  expect(unmeasured.bytes.length).toBeLessThan(0.4 * onnx.bytes.length);
  await dialog.getByRole("button", { name: "Measure", exact: true }).click();
  await expect(dialog.getByTestId("measured")).toHaveText(
    /^99\.\d\d%(, as before, and| in place of 99\.\d\d%,) .* 10,000 answers.* differs?, 19 KB \(10,000 test images of MNIST digits\)\.$/,
    { timeout: 40_000 },
  );

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`)).toEqual([]);

  // What cannot be written is said before anything is saved.
  await dialog.getByLabel(/prepares pictures/).check();
  await expect(dialog.getByText(/centerOfMass: only steps/)).toBeVisible();
  await expect(save(dialog)).toBeDisabled();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("a model whose data are not here is saved without measuring, which is said", async ({ page }) => {
  await open(page, "models");
  await page.getByLabel("Model file").setInputFiles(file("net.onnx", network));
  // It ends as PyTorch's classifiers do.
  const softmax = page.getByRole("button", { name: "Put a softmax behind it" });
  await softmax.click();
  await expect(softmax).toHaveCount(0);
  const dialog = await openExport(page, "net");
  await dialog.getByRole("radio", { name: "ONNX (.onnx)" }).check();
  await dialog.getByRole("combobox", { name: "Weights" }).selectOption("f16");
  await expect(dialog.getByTestId("measured")).toHaveText(
    /^Not measured: the data .* are not in this browser/,
  );
  expect((await saved(page, save(dialog))).name).toBe("net.f16.onnx");
});

/** Opens the page of a zip from the disk; whatever it asks for is noted. */
async function openPage(
  context: BrowserContext,
  html: Uint8Array,
  path: string,
): Promise<[Page, () => string[]]> {
  writeFileSync(path, html);
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => asked.push(message.text()));
  page.on("pageerror", ({ message }) => asked.push(message));
  const address = pathToFileURL(path).href;
  await page.goto(address);
  return [page, () => asked.filter((url) => url !== address)];
}

test(
  "the zip has everything to use a model without this page, whose own page reads a picture from the disk",
  { tag: "@everywhere" },
  async ({ page, context }, testInfo) => {
    await open(page, "models");
    const dialog = await openExport(page, "Digits");
    const bytes = await handed(page, dialog.getByRole("button", { name: "Take it away" }));
    await expect(dialog.getByText(/^Digits\.zip, /)).toBeVisible();
    await expect(dialog.getByText(/predict\.py does that.*centerOfMass/)).toBeVisible();
    const files = await unpacked(bytes);
    expect([...files.keys()].sort()).toEqual(
      ["README.md", "model.html", "model.onnx", "model.safetensors", "predict.py"].sort(),
    );
    const card = textOf(files.get("README.md"));
    for (const part of [
      "# Digits",
      "CC BY-SA 3.0",
      "60,000 samples to train on",
      "| conv2 | conv2d |",
      "`model.html`",
    ])
      expect(card).toContain(part);
    expect(textOf(files.get("predict.py"))).toMatch(/^#!\/usr\/bin\/env python3/);

    const html = files.get("model.html") as Uint8Array;
    expect(textOf(html)).toContain("default-src 'none'");
    const [own, asked] = await openPage(context, html, testInfo.outputPath("model.html"));
    const canvas = own.locator("canvas").first();
    const { x, y, width, height } = (await canvas.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const at = (right: number, down: number) => [x + right * width, y + down * height] as const;
    await own.mouse.move(...at(0.3, 0.25));
    await own.mouse.down();
    await own.mouse.move(...at(0.7, 0.25), { steps: 4 });
    await own.mouse.move(...at(0.45, 0.82), { steps: 4 });
    await own.mouse.up();
    await expect(own.getByTestId("best")).toHaveText("7");
    await own.getByRole("button", { name: "Clear" }).click();
    await expect(own.getByTestId("best")).toHaveCount(0);
    // The drawing as a file, dark on light.
    const picture = await own.evaluate(() => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 90;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#fff";
      context.fillRect(0, 0, 90, 90);
      context.lineWidth = 7;
      context.beginPath();
      context.moveTo(46, 12);
      context.lineTo(44, 78);
      context.stroke();
      return canvas.toDataURL().split(",")[1] ?? "";
    });
    await own
      .getByLabel("Picture", { exact: true })
      .setInputFiles(file("one.png", Buffer.from(picture, "base64")));
    await expect(own.getByTestId("best")).toHaveText("1");
    expect(asked()).toEqual([]);
  },
);

test("the card of a model that was trained here has its data, settings and results, also under another name", async ({
  page,
}) => {
  await open(page, "data");
  const rows = Array.from(
    { length: 60 },
    (_, i) => `${i % 2},${(i * 7) % 10},${i % 2 === 0 ? "left" : "right"}`,
  );
  await page
    .getByTestId("files")
    .setInputFiles(file("sides.csv", Buffer.from(["a,b,side", ...rows].join("\n"))));
  await expect(page.getByRole("article", { name: "sides" })).toBeVisible();
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await page.getByLabel("Epochs", { exact: true }).fill("2");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 30_000 });
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("button", { name: "Rename sides" }).click();
  await page.getByLabel("New name of sides").fill("hands");
  await page.keyboard.press("Enter");
  const dialog = await openExport(page, "hands");
  const { bytes } = await saved(page, dialog.getByRole("button", { name: "Take it away" }));
  const files = await unpacked(bytes);
  const card = textOf(files.get("README.md"));
  for (const part of [
    "# hands",
    "- sides: files that were added in the browser",
    "- 48 samples to train on, 12 held back: 20.0% held back, as many of each class in both, seed 7",
    "| left | 24 |",
    "- Batches of ",
    "- Seed ",
    "| optimizer | ",
    "| true \\ said | left | right |",
  ])
    expect(card).toContain(part);
  expect(files.has("model.html")).toBe(true);
});

test("a name that is more than a name stays one in the zip", async ({ page, context }, testInfo) => {
  const hostile = "<img src=x onerror=hit=1>|$&__MODEL__";
  await open(page, "models");
  await page.getByLabel("Model file").setInputFiles(file(`${hostile}.onnx`, network));
  const dialog = await openExport(page, hostile);
  const { bytes } = await saved(page, dialog.getByRole("button", { name: "Take it away" }));
  const files = await unpacked(bytes);
  expect(textOf(files.get("README.md"))).toContain(
    "# &lt;img src=x onerror=hit=1&gt;\\|$&amp;\\_\\_MODEL\\_\\_\n",
  );
  const html = files.get("model.html") as Uint8Array;
  const [own, asked] = await openPage(context, html, testInfo.outputPath("model.html"));
  await expect(own.getByRole("heading", { level: 1 })).toHaveText(hostile);
  await expect(own).toHaveTitle(hostile);
  await expect(own.locator("canvas").first()).toBeVisible();
  expect(await own.evaluate(() => "hit" in globalThis || document.images.length)).toBe(0);
  expect(asked()).toEqual([]);
});
