/** Models that come from other systems, and leave for them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { root } from "../package/projects";
import { answer, digits, draw, exported, file, open } from "./helpers";

const folder = join(root, "tests/interchange");
const fixture = (path: string) => readFileSync(join(folder, path));

/** What is said of models that were read. */
const said = (page: Page) => page.getByTestId("imported");
const alert = (page: Page) => page.getByRole("region", { name: "Import a model" }).getByRole("alert");

async function importFiles(page: Page, ...files: ReturnType<typeof file>[]): Promise<void> {
  await page.getByLabel("Model file").setInputFiles(files);
}

/** Drops files on the import; a path with a folder in it is dropped as that folder would be. */
async function drop(page: Page, files: ReturnType<typeof file>[]): Promise<void> {
  const transfer = await page.evaluateHandle(
    (files) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of files) {
        const bytes = Uint8Array.from(atob(base64), (symbol) => symbol.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
      }
      return transfer;
    },
    files.map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") })),
  );
  await page
    .getByRole("region", { name: "Import a model" })
    .dispatchEvent("drop", { dataTransfer: transfer });
}

test("models of ONNX, Keras and TensorFlow.js are read by button and by drop, and asked where they can be", async ({
  page,
}) => {
  await open(page, "models");
  await importFiles(
    page,
    file("resnet.onnx", fixture("onnx/torch_resnet_new.onnx")),
    ...["torch_external_new.onnx", "torch_external_new.onnx.data"].map((name) =>
      file(name, fixture(`onnx/${name}`)),
    ),
    file("numbers.keras", fixture("keras/table.keras")),
    file("old.h5", gunzipSync(fixture("keras/resnet.h5.gz"))),
  );
  await expect(said(page)).toContainText("old was read from old.h5");
  await expect(said(page)).toContainText("resnet was read from resnet.onnx");
  await expect(said(page)).toContainText("torch_external_new was read from torch_external_new.onnx");
  // It takes numbers, which no place of the page gives.
  const row = page
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name: "numbers", exact: true }) });
  await expect(row).toContainText(/Takes \d+ numbers, which is no picture/);
  await expect(row.getByRole("button", { name: "Use numbers" })).toHaveCount(0);

  const web = readdirSync(join(folder, "tfjs/cnn")).map((name) => file(name, fixture(`tfjs/cnn/${name}`)));
  expect(web.length).toBeGreaterThan(1);
  await drop(page, web);
  await expect(said(page)).toContainText("model was read from model.json");

  await page.getByRole("button", { name: "Use old" }).click();
  await expect(page.locator("footer .model")).toContainText("old");
  await page.getByRole("link", { name: "Draw", exact: true }).click();
  await draw(page, digits.one);
  // Its classes are numbered.
  await expect(answer(page)).toHaveText(/^\d$/);
});

test("what is no model is refused at the import, by name, and what is left open is asked for", async ({
  page,
}) => {
  await open(page, "models");
  await importFiles(
    page,
    file("net.pth", Buffer.from("PK")),
    file("state.safetensors", fixture("pytorch/cnn.safetensors")),
    file("cut.onnx", fixture("onnx/torch_cnn_old.onnx").subarray(0, 900)),
  );
  await expect(alert(page)).toHaveCount(3);
  await expect(alert(page).nth(0)).toContainText("net.pth is a checkpoint of Python");
  await expect(alert(page).nth(1)).toContainText("not the network itself");
  await expect(alert(page).nth(2)).toContainText("cut.onnx");
  await expect(page.getByText("No models of your own yet.")).toBeVisible();

  const [json, ...weights] = readdirSync(join(folder, "tfjs/cnn"))
    .sort((a) => (a.endsWith(".json") ? -1 : 1))
    .map((name) => file(name, fixture(`tfjs/cnn/${name}`)));
  const text = String(json?.buffer).replace(
    /"batch_input_shape":\[null,(\d+),(\d+),(\d+)\]/,
    '"batch_input_shape":[null,null,null,$3]',
  );
  const [, height = "", width = ""] =
    /"batch_input_shape":\[null,(\d+),(\d+)/.exec(String(json?.buffer)) ?? [];
  expect(height).not.toBe("");
  await importFiles(page, file("model.json", Buffer.from(text)), ...weights);
  const question = page.getByRole("form", { name: "What is the size of the input of model.json?" });
  await question.getByRole("button", { name: "Go on" }).click();
  await expect(question.getByRole("alert")).toContainText("Height, Width: expected a whole number");
  await question.getByLabel("Height").fill(height);
  await question.getByLabel("Width").fill(width);
  await question.getByRole("button", { name: "Go on" }).click();
  await expect(said(page)).toContainText("model was read from model.json");
});

test("a network of PyTorch is asked for all sizes that it leaves open, of a picture beside numbers", async ({
  page,
}) => {
  await open(page, "models");
  await importFiles(page, file("sides.onnx", fixture("onnx/torch_open_new.onnx")));
  const question = page.getByRole("form", { name: "What is the size of the input of sides.onnx?" });
  const picture = question.getByRole("group", { name: "Its input “input_0” is ? × ? × 3" });
  await expect(picture.getByLabel("Height")).toBeFocused();
  await expect(picture.getByLabel("Channels")).toBeDisabled();
  await expect(question.getByRole("group", { name: "Its input “input_1” is 4" })).toBeVisible();
  await picture.getByLabel("Height").fill("0");
  await picture.getByLabel("Width").fill("9");
  await page.keyboard.press("Enter");
  await expect(question.getByRole("alert")).toHaveText(
    "input_0: Height: expected a whole number from 1 to 65,536.",
  );
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  await picture.getByLabel("Height").fill("11");
  await page.keyboard.press("Enter");
  await expect(said(page)).toContainText("sides was read from sides.onnx");
  await expect(question).toBeHidden();
});

test("what pixels a network takes is asked where its file does not say it, and kept", async ({ page }) => {
  await open(page, "models");
  await importFiles(page, file("old.h5", gunzipSync(fixture("keras/resnet.h5.gz"))));
  const pixels = said(page).getByLabel("It is given pixels as numbers");
  await expect(pixels).toHaveValue("0 to 1");
  await pixels.selectOption("−1 to 1");
  await expect(pixels).toHaveValue("−1 to 1");
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  await page.reload();
  const saved = readFileSync(await (await exported(page, "old")).path(), "latin1");
  const numeric = saved.slice(saved.indexOf("numeric"), saved.indexOf("spec"));
  expect(numeric).toContain('"mean\\":[1.0],\\"std\\":[1.0],\\"type\\":\\"normalize');
});
