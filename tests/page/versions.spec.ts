/** The page is kept by versions, and none of them is mixed with another. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type Page, test } from "@playwright/test";
import { build, type Plugin } from "vite";
import { digits, draw } from "./helpers";
import { expect, go, kept } from "./session";
import { Site } from "./site";

test.describe.configure({ timeout: 240_000 });
test.use({ actionTimeout: 30_000 });

const site = new Site();
let next = "";

/** Another version: what is loaded at once and what is loaded later say so. */
const marked: Plugin = {
  name: "marked",
  enforce: "pre",
  transform(code, id) {
    if (id.endsWith("/Rail.svelte")) return code.replace('draw: "Draw"', 'draw: "Draw B"');
    if (id.endsWith("/Models.svelte"))
      return code.replace("No models of your own", "B: no models of your own");
    return undefined;
  },
};

test.beforeAll(async () => {
  test.setTimeout(240_000);
  next = mkdtempSync(join(tmpdir(), "tabgrad-next-"));
  await build({ logLevel: "error", plugins: [marked], build: { outDir: next, emptyOutDir: true } });
});
test.afterAll(() => rmSync(next, { recursive: true }));

async function openTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${site.url}#/draw`);
  await expect(page.locator("footer .accuracy")).toHaveText(/%$/);
  return page;
}

/** How many files each cache holds, without the address in their names. */
function caches(page: Page): Promise<[name: string, files: number][]> {
  return page.evaluate(async () => {
    const names = await globalThis.caches.keys();
    const count = async (name: string) => (await (await globalThis.caches.open(name)).keys()).length;
    return Promise.all(
      names.map(async (name): Promise<[string, number]> => [name.split(" ").at(-1) ?? "", await count(name)]),
    );
  });
}

const versionOf = (page: Page) => page.locator("meta[name=version]").getAttribute("content");
const update = (page: Page) =>
  page.evaluate(async () => void (await navigator.serviceWorker.getRegistration())?.update());
const ofA = (page: Page) => page.getByText("No models of your own yet.");
const ofB = (page: Page) => page.getByText("B: no models of your own yet.");

test("a new version takes over without mixing: open tabs keep theirs until they are reloaded", {
  tag: "@everywhere",
}, async ({ context, browserName }) => {
  const refused: string[] = [];
  context.on("response", (response) => {
    if (response.status() >= 400) refused.push(response.url());
  });
  const first = await openTab(context);
  const errors: string[] = [];
  first.on("pageerror", ({ message }) => errors.push(message));
  await kept(first);
  const a = await versionOf(first);
  // Data that both versions have is kept when it is first used.
  await first.evaluate(async () => {
    const worker = await (await fetch("sw.js")).text();
    const [, later = "[]"] = /^const LATER = (.*);$/m.exec(worker) ?? [];
    const name = JSON.parse(later).find((name: string) => name.includes("t10k-labels"));
    await (await fetch(name)).arrayBuffer();
  });
  await expect.poll(() => caches(first)).toContainEqual(["data", 1]);

  site.put(next);
  await update(first);
  const notice = first.getByRole("status").filter({ hasText: "A new version is there." });
  await expect(notice).toBeVisible();
  await go(first, "Models");
  await expect(ofA(first)).toBeVisible();

  const second = await openTab(context);
  const b = await versionOf(second);
  expect(b).not.toBe(a);
  await expect(second.getByRole("link", { name: "Draw B" })).toBeVisible();
  await go(second, "Models");
  await expect(ofB(second)).toBeVisible();
  // Both versions are there as long as somebody has them open.
  expect((await caches(second)).map(([name]) => name).toSorted()).toEqual([a, b, "data"].toSorted());
  await go(first, "Data");
  await expect(first.getByRole("article", { name: "MNIST digits" })).toBeVisible();

  await notice.getByRole("button", { name: "Reload" }).click();
  await expect(first.getByRole("link", { name: "Draw B" })).toBeVisible();
  expect(await versionOf(first)).toBe(b);
  await go(first, "Models");
  await expect(ofB(first)).toBeVisible();
  await expect
    .poll(async () => (await caches(first)).map(([name]) => name).toSorted())
    .toEqual([b, "data"].toSorted());
  expect(await caches(first)).toContainEqual(["data", 1]);

  // Firefox as it is driven here cannot be cut off.
  if (browserName === "chromium") {
    await context.setOffline(true);
    await first.reload();
    await expect(first.getByRole("link", { name: "Draw B" })).toBeVisible();
    await go(first, "Models");
    await expect(ofB(first)).toBeVisible();
  }
  expect(errors).toEqual([]);
  expect(refused).toEqual([]);
});

test("training is not ended by a new version", async ({ context }) => {
  const page = await openTab(context);
  await kept(page);
  await go(page, "Train");
  await page.getByLabel("Epochs", { exact: true }).fill("50");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByText(/batch \d+ of 469/)).toBeVisible();
  site.put(next);
  await update(page);
  await page.getByRole("button", { name: "Reload" }).click();
  await expect(page.getByText("Reload after its end, or stop it first.")).toBeVisible();
  await expect(page.getByText(/batch \d+ of 469/)).toBeVisible();
});

test("a version that does not come whole is not kept, and the page works all the same", async ({
  context,
}) => {
  // Another content than the build listed: a host that is between two versions.
  site.change(/^assets.Models-.*\.js$/, (code) => `${code}\n`);
  const page = await openTab(context);
  const state = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      return registration?.active?.state ?? registration?.installing?.state ?? "none";
    });
  await expect.poll(() => site.asked.some((asked) => asked.includes("Models-"))).toBe(true);
  await expect.poll(state).toBe("none");
  await expect.poll(() => caches(page)).toEqual([]);
  await draw(page, digits.seven);
  await expect(page.getByTestId("answer").locator(".glyph")).toHaveText("7");
});

test("where there is no room for the files, the page works with the network", async ({ context }) => {
  const full = 'Cache.prototype.put = () => Promise.reject(new DOMException("", "QuotaExceededError"));\n';
  site.change(/^sw\.js$/, (code) => full + code);
  const page = await openTab(context);
  await kept(page);
  expect((await caches(page)).filter(([, files]) => files > 0)).toEqual([]);
  await page.reload();
  await draw(page, digits.seven);
  await expect(page.getByTestId("answer").locator(".glyph")).toHaveText("7");
  await go(page, "Models");
  await expect(ofA(page)).toBeVisible();
});

test.describe("without a service worker", () => {
  test.use({ serviceWorkers: "block" });

  test("a page whose server has moved on says so", async ({ context }) => {
    const page = await openTab(context);
    site.put(next);
    await go(page, "Models");
    const notice = page.getByRole("status").filter({ hasText: "A part of the page cannot be loaded" });
    await notice.getByRole("button", { name: "Reload" }).click();
    await expect(page.getByRole("link", { name: "Draw B" })).toBeVisible();
    await expect(ofB(page)).toBeVisible();
  });
});
