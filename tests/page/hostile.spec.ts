/** Files from anywhere: whatever stands in them is shown as text, and nothing of it runs. */

import { readFileSync } from "node:fs";
import { type Page, test } from "@playwright/test";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { digits, draw, file } from "./helpers";
import { expect, go } from "./session";

test.describe.configure({ timeout: 240_000 });
test.use({ actionTimeout: 30_000 });

/** Names that some program has taken for more than a name. */
const NAMES = [
  "<img src=x onerror=hit=1>",
  '"><svg onload=hit=1>',
  "javascript:hit=1",
  "{@html hit=1}{{hit=1}}",
  "__proto__",
  "constructor",
  "\u202Egnp.exe",
  "bell\u0007 escape\u001b[31m",
];
const LONG = "long".repeat(2500);

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    const seen = { violations: [] as string[] };
    Object.assign(globalThis, { seen });
    document.addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
      seen.violations.push(violatedDirective),
    );
  });
});

/** Nothing ran, nothing was tried, no element came of a name, and every object is as it was. */
async function isUnharmed(page: Page, errors: string[] = []): Promise<void> {
  const found = await page.evaluate(() => ({
    hit: "hit" in globalThis,
    violations: (globalThis as unknown as { seen: { violations: string[] } }).seen.violations,
    elements: document.querySelectorAll("img, script:not([src]), iframe, object, [onerror], [onload]").length,
    links: [...document.querySelectorAll("a")].filter((link) => !/^(https?|blob):/.test(link.href)).length,
    inherited: Object.keys(Object.prototype).concat(Object.getOwnPropertyNames({})),
    wide: document.documentElement.scrollWidth - innerWidth,
  }));
  expect(found).toEqual({ hit: false, violations: [], elements: 0, links: 0, inherited: [], wide: 0 });
  expect(errors).toEqual([]);
}

function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  return errors;
}

async function openPage(page: Page, place: string): Promise<void> {
  await page.goto(`#/${place}`);
  await expect(page.locator("footer .accuracy")).toHaveText(/%$/);
}

/** A grey picture of 12 by 12 pixels as a BMP file. */
function picture(shade: number): Buffer {
  const bytes = Buffer.alloc(54 + 12 * 36, shade);
  bytes.fill(0, 0, 54);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(12, 18);
  bytes.writeInt32LE(12, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

async function archive(classes: readonly string[], each: number): Promise<Buffer> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [c, name] of classes.entries()) {
    for (let i = 0; i < each; i++) {
      await writer.add(`${name}/${i}.bmp`, new Uint8ArrayReader(picture(30 * c + i)));
    }
  }
  await writer.add(
    `${classes[0]}/<img src=x onerror=hit=1>.png`,
    new Uint8ArrayReader(Buffer.from("no picture")),
  );
  return Buffer.from(await writer.close());
}

test("classes and files of an archive are names and nothing else", { tag: "@everywhere" }, async ({
  page,
}) => {
  const errors = errorsOf(page);
  await openPage(page, "data");
  const called = "<img src=x onerror=hit=1>";
  await page.getByTestId("files").setInputFiles([file(`${called}.zip`, await archive([...NAMES, LONG], 4))]);
  const card = page.getByRole("article", { name: called });
  await expect(card).toContainText(`${4 * (NAMES.length + 1)} images of 12 × 12`);
  await card.getByText("1 file was left out").click();
  for (const name of NAMES.slice(0, 6)) await expect(card).toContainText(name);
  await isUnharmed(page, errors);

  await card.getByRole("link", { name: `Open ${called}` }).click();
  for (const part of ["Report", "Split", "Augmentation", "Samples"]) {
    await page.getByRole("link", { name: part, exact: true }).click();
    await isUnharmed(page, errors);
  }
  await page.getByRole("gridcell").first().click();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await isUnharmed(page, errors);
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(page.getByRole("gridcell").first()).toBeVisible();
  await isUnharmed(page, errors);

  // Kept under its name, used, and exported.
  await go(page, "Train");
  await page.getByLabel("Preset").selectOption({ index: 1 });
  await isUnharmed(page, errors);
  await go(page, "Data");
  await page.getByRole("button", { name: `Export ${called} as a zip` }).click();
  await expect(card.getByRole("status").last()).toContainText("samples");
  await isUnharmed(page, errors);
});

test("columns and cells of a table are names and nothing else, and a model asks for them", async ({
  page,
}) => {
  const errors = errorsOf(page);
  await openPage(page, "data");
  // A table has no control characters, else it is none.
  const columns = [...NAMES.slice(0, 7), LONG, "kind"];
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  const rows = Array.from({ length: 40 }, (_, i) =>
    columns.map((_, c) => {
      if (c === columns.length - 1) return i % 2 === 0 ? NAMES[0] : "__proto__";
      return c % 2 === 0 ? String((i % 2) * 3 + ((i * 7) % 5) / 10) : NAMES[(i + c) % 2];
    }),
  );
  const text = [columns, ...rows]
    .map((cells) => cells.map((cell) => quoted(String(cell))).join(","))
    .join("\n");
  await page.getByTestId("files").setInputFiles([file("table.csv", Buffer.from(text))]);
  await page.getByRole("link", { name: "Open table" }).click();
  await expect(page.getByText(/^40 rows of \d+, 2 classes$/)).toBeVisible();
  await isUnharmed(page, errors);
  await page.getByRole("link", { name: "Columns" }).click();
  await expect(page.getByRole("row", { name: /^constructor / })).toBeVisible();
  await expect(page.getByRole("row", { name: /^__proto__ / })).toBeVisible();
  await isUnharmed(page, errors);

  await go(page, "Train");
  await page.getByLabel("Epochs", { exact: true }).fill("2");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 120_000 });
  await isUnharmed(page, errors);
  await go(page, "Draw");
  await expect(page.getByRole("heading", { name: /^Ask / })).toBeVisible();
  for (const name of ["constructor", "__proto__"]) {
    const field = page.locator("label", { hasText: name }).locator("input, select").first();
    await expect(field).not.toHaveValue(/^$|function|object/);
  }
  await expect(page.getByTestId("probability")).toHaveText(/%$/);
  await isUnharmed(page, errors);
});

/** The header of a safetensors file, changed; its numbers stay. */
function changed(model: Buffer, change: (about: Metadata) => void): Buffer {
  const length = Number(model.readBigUInt64LE(0));
  const header = JSON.parse(model.subarray(8, 8 + length).toString());
  const about: Metadata = JSON.parse(header.__metadata__.tabgrad);
  change(about);
  header.__metadata__.tabgrad = JSON.stringify(about);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, model.subarray(8 + length)]);
}

interface Metadata {
  info: { classNames: string[]; history: { [name: string]: unknown }; extra: object };
  spec: { name: string; nodes: { layer: { type: string; units?: number; filters?: number } }[] };
}

const shipped = () => readFileSync("www/public/models/digits.safetensors");

test("classes, histories and names of a model file are names and nothing else", async ({ page }) => {
  const errors = errorsOf(page);
  await openPage(page, "models");
  const model = changed(shipped(), ({ info, spec }) => {
    info.classNames = [...NAMES, LONG, "9"];
    spec.name = NAMES[0] as string;
    info.history = JSON.parse(
      '{"__proto__": [1, 2], "constructor": ["x"], "toString": 7, "loss": [0.5, "<img src=x onerror=hit=1>"]}',
    );
    info.extra = JSON.parse('{"__proto__": {"polluted": true}}');
  });
  const called = "<img src=x onerror=hit=1>";
  const importFile = page.getByLabel("Model file");
  for (const name of [called, "__proto__", "constructor", LONG.slice(0, 200)]) {
    await importFile.setInputFiles(file(`${name}.safetensors`, model));
    // Longer ones are cut.
    await expect(page.getByRole("heading", { name: name.slice(0, 80), exact: true })).toBeVisible();
  }
  await isUnharmed(page, errors);
  await page.getByRole("button", { name: "Rename constructor" }).click();
  await page.getByLabel("New name of constructor").fill("toString");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "toString", exact: true })).toBeVisible();
  await page.getByRole("button", { name: `Use ${called}` }).click();
  await expect(page.locator("footer .model")).toContainText(called);
  await go(page, "Draw");
  await draw(page, digits.three);
  await expect(page.getByTestId("answer")).toContainText("{@html hit=1}{{hit=1}}");
  await isUnharmed(page, errors);
  await page.reload();
  await expect(page.locator("footer .model")).toContainText(called);
  await isUnharmed(page, errors);
});

test("a model file that claims to be huge is refused before memory is taken", async ({ page }) => {
  await openPage(page, "models");
  const claims: [name: string, model: Buffer, refusal: RegExp][] = [
    [
      "units",
      changed(shipped(), ({ spec }) => {
        for (const { layer } of spec.nodes) if (layer.units) layer.units = 2_000_000_000;
      }),
      /expected/,
    ],
    [
      "filters",
      changed(shipped(), ({ spec }) => {
        for (const { layer } of spec.nodes) if (layer.filters) layer.filters = 1_000;
      }),
      /found \d+ bytes, expected those of \d+ numbers/,
    ],
    // A header that is longer than any file.
    [
      "header",
      Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), Buffer.from("{}")]),
      /the header claims \d+ bytes, expected at most/,
    ],
    ["cut", shipped().subarray(0, 5000), /expected/],
  ];
  for (const [name, model, refusal] of claims) {
    await page.getByLabel("Model file").setInputFiles(file(`${name}.safetensors`, model));
    const alert = page.getByRole("alert").filter({ hasText: `${name}.safetensors` });
    await expect(alert).toHaveText(refusal);
  }
  await expect(page.getByText("No models of your own yet.")).toBeVisible();
  // The engine is the same as before.
  await go(page, "Draw");
  await draw(page, digits.seven);
  await expect(page.getByTestId("answer").locator(".glyph")).toHaveText("7");
  await isUnharmed(page);
});

test("what a text says is written and not done", async ({ page }) => {
  const errors = errorsOf(page);
  await openPage(page, "write");
  const lines = Array.from(
    { length: 120 },
    (_, i) => `<img src=x onerror=hit=${i % 7}> <b>bold</b> \u202Eevil`,
  );
  const name = '"><img src=x onerror=hit=1>';
  await page.getByTestId("text-file").setInputFiles(file(`${name}.txt`, Buffer.from(lines.join("\n"))));
  await expect(page.getByTestId("text-facts")).toContainText("characters");
  await page.getByLabel("Begin with").fill("<img src=x onerror=hit=1>");
  await page.getByLabel("Epochs").fill("1");
  const run = page.getByRole("region", { name: "This run" });
  await run.getByRole("button", { name: "Train", exact: true }).click();
  await expect(run.getByRole("button", { name: "Train again" })).toBeVisible();
  await expect(page.getByTestId("writing").locator(".text")).toContainText("<img src=x onerror=hit=1>");
  await isUnharmed(page, errors);
});

test("markup and scripts cannot be made of text, even by a mistake of the page", async ({ page }) => {
  await openPage(page, "draw");
  const refused = await page.evaluate(() => {
    const attempts: { [name: string]: () => unknown } = {
      innerHTML: () => {
        document.createElement("div").innerHTML = "<b>text</b>";
      },
      insertAdjacentHTML: () => document.body.insertAdjacentHTML("beforeend", "<b>text</b>"),
      write: () => document.write("<b>text</b>"),
      script: () => {
        document.createElement("script").src = "./assets/other.js";
      },
      worker: () => new Worker("./assets/other.js"),
      // biome-ignore lint/security/noGlobalEval: what is tested is that it is refused
      eval: () => globalThis.eval("1"),
      Function: () => new Function("return 1"),
      policy: () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): object } }
        ).trustedTypes.createPolicy("other", {}),
    };
    const refused = () =>
      Object.entries(attempts)
        .filter(([, attempt]) => {
          try {
            attempt();
            return false;
          } catch {
            return true;
          }
        })
        .map(([name]) => name);
    // Not in the call of the developer tools, which may do what the page must not.
    return new Promise<string[]>((resolve) => setTimeout(() => resolve(refused())));
  });
  expect(refused).toEqual([
    "innerHTML",
    "insertAdjacentHTML",
    "write",
    "script",
    "worker",
    "eval",
    "Function",
    "policy",
  ]);
});
