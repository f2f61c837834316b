/** What a person does at every place of the page, in parts. */
import { readFileSync } from "node:fs";
import { expect as expectSoon, type Page } from "@playwright/test";
import { answer, digits, draw, exported, file, idx, labels } from "./helpers";

/** What is waited for here is work of the engine. */
export const expect = expectSoon.configure({ timeout: 60_000 });

const LINES = ["the cat sat on the mat.", "the dog ran to the cat.", "a cat and a dog can run."];

export async function go(page: Page, place: string): Promise<void> {
  await page.getByRole("link", { name: place, exact: true }).click();
}

/** Waits until the page can do without a network. */
export async function kept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state !== "activated") {
      await new Promise((resolve) => active?.addEventListener("statechange", resolve, { once: true }));
    }
  });
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

/** Draws, and corrects the answer. */
export async function drawAndCorrect(page: Page): Promise<void> {
  await go(page, "Draw");
  await draw(page, digits.three);
  await expect(answer(page)).toHaveText("3");
  await page.getByRole("button", { name: "5", exact: true }).click();
  await expect(page.getByText(/Learned in/)).toBeVisible();
}

/** Begins to train on MNIST. */
export async function beginMnist(page: Page): Promise<void> {
  await go(page, "Train");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  const card = page.getByRole("region", { name: "This run" });
  await expect(card.getByText(/batch \d+ of 469/)).toBeVisible({ timeout: 60_000 });
  await card.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 180_000 });
}

/** Imports a dataset, trains on it, and exports it. */
export async function useShapes(page: Page): Promise<void> {
  await go(page, "Data");
  const pixels = Uint8Array.from({ length: 64 * 784 }, (_, i) => (i * 37) % 256);
  await page
    .getByTestId("files")
    .setInputFiles([
      file("shapes-images-idx3-ubyte", idx([64, 28, 28], pixels)),
      file("shapes-labels-idx1-ubyte", idx([64], labels(64))),
    ]);
  await expect(page.getByRole("article", { name: "shapes" })).toBeVisible();
  await go(page, "Train");
  await page.getByLabel("Epochs", { exact: true }).fill("1");
  await page.getByRole("button", { name: /^Train( again)?$/ }).click();
  await expect(page.getByRole("region", { name: "This run" }).getByText("1 of 1")).toBeVisible();
  await expect(page.getByTestId("accuracy")).toBeVisible({ timeout: 180_000 });
  await go(page, "Data");
  await page.getByRole("button", { name: "Export shapes as a zip" }).click();
  const card = page.getByRole("article", { name: "shapes" });
  await expect(card.getByRole("status").last()).toContainText("shapes.zip: 64 samples");
}

/** Exports the model that was corrected, and imports it again. */
export async function moveModel(page: Page): Promise<void> {
  await go(page, "Models");
  const download = await exported(page, "Digits, corrected");
  const bytes = readFileSync(await download.path());
  await page.getByLabel("Model file").setInputFiles(file("back.safetensors", bytes));
  await expect(page.getByRole("heading", { name: "back", exact: true })).toBeVisible();
}

/** Has a small language model learn, and write. */
export async function write(page: Page): Promise<void> {
  await go(page, "Write");
  const text = Array.from({ length: 200 }, (_, i) => LINES[(i * 7) % 3]).join("\n");
  await page.getByTestId("text-file").setInputFiles(file("cats.txt", Buffer.from(text)));
  await expect(page.getByTestId("text-facts")).toContainText("characters");
  await page.getByLabel("Epochs").fill("1");
  const run = page.getByRole("region", { name: "This run" });
  await run.getByRole("button", { name: "Train", exact: true }).click();
  await expect(run.getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId("writing").locator(".text")).toHaveText(/[\s\S]{100,}/);
}

/** Trains a network that gives pictures back. */
export async function rebuild(page: Page): Promise<void> {
  await go(page, "Rebuild");
  await page.getByRole("button", { name: "Small code", exact: true }).click();
  await page.getByLabel("Epochs").fill("1");
  await page.getByLabel("Pictures an epoch").fill("1000");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 180_000 });
}
