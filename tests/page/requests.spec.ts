/** What the network sees of a visit. */
import { test } from "@playwright/test";
import { answer, digits, draw } from "./helpers";
import {
  beginMnist,
  drawAndCorrect,
  expect,
  go,
  kept,
  moveModel,
  rebuild,
  useShapes,
  write,
} from "./session";
import { Site } from "./site";

test.describe.configure({ timeout: 400_000 });

test.use({ actionTimeout: 30_000 });

const site = new Site();

declare global {
  /** Object URLs that were made and those that were let go, in the page. */
  var objectUrls: { made: string[]; revoked: string[] };
  var violations: string[];
}

/** Files of MNIST and the text of the Write place: loaded when they are first used, and then kept. */
const LATER = [
  "mnist/train-images.idx3.gzip",
  "mnist/train-labels.idx1.gzip",
  "mnist/t10k-images.idx3.gzip",
  "mnist/t10k-labels.idx1.gzip",
  "texts/shakespeare.txt.gzip",
];

test("once loaded, a whole session asks for nothing but the page's own data, once", async ({
  page,
  context,
}, testInfo) => {
  // Of the page, its workers and its service worker, as the browser sees them.
  const requests: { method: string; url: string; body: unknown }[] = [];
  context.on("request", (request) =>
    requests.push({ method: request.method(), url: request.url(), body: request.postData() }),
  );
  await page.addInitScript(() => {
    globalThis.objectUrls = { made: [], revoked: [] };
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (object) => {
      const url = createObjectURL.call(URL, object);
      globalThis.objectUrls.made.push(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      globalThis.objectUrls.revoked.push(url);
      revokeObjectURL.call(URL, url);
    };
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      globalThis.violations.push(`${violatedDirective} ${blockedURI}`),
    );
  });
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });

  await page.goto(`${site.url}#/draw`);
  await expect(page.locator("footer .accuracy")).toHaveText(/%$/);
  await kept(page);
  const loaded = site.asked.length;

  await drawAndCorrect(page);
  await beginMnist(page);
  await useShapes(page);
  await moveModel(page);
  await write(page);
  await page.getByRole("button", { name: /^Shakespeare/ }).click();
  await expect(page.getByTestId("text-facts")).toContainText("999,985 characters");
  await rebuild(page);
  await go(page, "Draw");

  // As the server sees them.
  const later = site.asked
    .slice(loaded)
    .map((asked) => asked.replace(/\?sha256-[\w-]{43}$/, ""))
    // The browser itself looks from time to time whether there is a new version.
    .filter((asked) => asked !== "GET /sw.js");
  expect(later.toSorted()).toEqual(LATER.map((name) => `GET /${name}`).toSorted());
  expect(requests.length).toBeGreaterThan(loaded);
  const foreign = requests.filter(({ url }) => !url.startsWith(site.url) && !/^(blob|data):/.test(url));
  expect(foreign).toEqual([]);
  expect(requests.filter(({ method, body }) => method !== "GET" || body !== null)).toEqual([]);
  await expect(page.getByRole("button", { name: "0 bytes sent" })).toBeVisible();

  expect(await page.evaluate(() => globalThis.violations)).toEqual([]);
  expect(errors).toEqual([]);

  // What was handed out as a file is let go ten seconds later.
  const urls = () => page.evaluate(() => globalThis.objectUrls);
  expect((await urls()).made.length).toBeGreaterThanOrEqual(2);
  await expect
    .poll(
      async () => {
        const { made, revoked } = await urls();
        return made.filter((url) => !revoked.includes(url));
      },
      { timeout: 15_000 },
    )
    .toEqual([]);

  // And all of it without a network.
  await site.stop();
  await page.reload();
  await expect(page.locator("footer .accuracy")).toHaveText(/%$/);
  await go(page, "Models");
  await page.getByRole("button", { name: "Use back" }).click();
  await go(page, "Draw");
  await draw(page, digits.three);
  await expect(answer(page)).toHaveText("5");
  await go(page, "Train");
  await page.getByLabel("Dataset").selectOption({ label: "MNIST digits" });
  const load = page.getByRole("button", { name: "Load 11 MB" });
  await load.click();
  await expect(page.getByRole("main")).toContainText("10,000 for validation");
  await go(page, "Data");
  await page.getByRole("button", { name: "Remove shapes" }).click();
  // Its name is free when it cannot be had back any more.
  await expect(page.getByText("shapes was removed.")).toBeVisible();
  await expect(page.getByText("shapes was removed.")).toBeHidden();
  await useShapes(page);
  await write(page);
  await testInfo.attach("requests", { body: `${loaded} to load and keep the page, then ${later.length}` });
});
