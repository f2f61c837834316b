// What a visitor waits for: bytes before the first prediction, the time to it, the time of an answer, and
// the longest task of the page's thread while it trains on MNIST.
//   npm run bench -- page [--visits 5]

import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { serve } from "../scripts/serve.mjs";
import { launchChromium } from "./hosts.mjs";
import { medianOf } from "./statistics.mjs";

const { values } = parseArgs({ options: { visits: { type: "string", default: "5" } } });

const { address, close } = await serve(0);
const browser = await launchChromium();

/** A stroke across the pad; the page answers while it is drawn. */
async function stroke(page) {
  const pad = page.locator("canvas[data-tool]");
  const { x, y, width, height } = await pad.boundingBox();
  await page.mouse.move(x + 0.5 * width, y + 0.2 * height);
  await page.mouse.down();
  await page.mouse.move(x + 0.48 * width, y + 0.8 * height, { steps: 4 });
  await page.mouse.up();
}

/** A first visit: an empty cache, an empty store, no service worker. */
async function visit() {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  const bodies = [];
  page.on("response", (response) => bodies.push(response.body().catch(() => Buffer.alloc(0))));
  const begun = performance.now();
  await page.goto(address);
  await page.locator("canvas[data-tool]").waitFor();
  await stroke(page);
  await page.getByTestId("probability").waitFor();
  const first = performance.now() - begun;
  const files = await Promise.all(bodies);
  const answers = [];
  for (let i = 0; i < 9; i++) {
    await stroke(page);
    await page.waitForTimeout(200);
    const text = await page.getByText(/answered in/).textContent();
    answers.push(Number(text.match(/[\d.]+/)?.[0]));
  }
  const raw = files.reduce((sum, file) => sum + file.length, 0);
  const gzip = files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
  return { page, context, first, raw, gzip, answer: medianOf(answers) };
}

/** Trains as the page stands there and watches its thread. */
async function train({ page }) {
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ type: "longtask" });
  });
  const begun = performance.now();
  await page.getByRole("button", { name: "Train", exact: true }).click();
  const accuracy = page.getByTestId("accuracy");
  await accuracy.waitFor({ timeout: 600_000 });
  const seconds = (performance.now() - begun) / 1000;
  return {
    seconds,
    accuracy: await accuracy.textContent(),
    longest: await page.evaluate(() => globalThis.longest),
  };
}

const visits = [];
for (let i = 0; i < Number(values.visits); i++) {
  visits.push(await visit());
  if (i < Number(values.visits) - 1) await visits[i].context.close();
}
const of = (name) => medianOf(visits.map((visit) => visit[name]));
console.log(
  `before the first prediction: ${(of("raw") / 1000).toFixed(0)} KB raw, ${(of("gzip") / 1000).toFixed(0)} KB gzip`,
);
console.log(`first prediction, from an empty cache: median ${of("first").toFixed(0)} ms`);
console.log(`an answer after a stroke: median ${of("answer").toFixed(1)} ms`);
const { seconds, accuracy, longest } = await train(visits.at(-1));
console.log(`the Train button: ${accuracy} after ${seconds.toFixed(1)} s, loading the digits included`);
console.log(`longest task of the page's thread meanwhile: ${longest.toFixed(0)} ms (below 50: not counted)`);
await browser.close();
await close();
