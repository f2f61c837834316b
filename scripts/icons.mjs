// Draws the icons of the installed page from www/public/icon.svg:
//   node scripts/icons.mjs

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { chromiumArgs, findChromium } from "./browsers.mjs";
import { root } from "./process.mjs";

const folder = join(root, "www/public");
const svg = readFileSync(join(folder, "icon.svg"), "utf8");
/** Without round corners: systems cut a maskable icon themselves, and leave four fifths of it for certain. */
const square = svg.replace(' rx="6"', "").replace("<path", '<path transform="translate(1.6 1.6) scale(0.9)"');

/** @type {[name: string, size: number, drawing: string][]} */
const icons = [
  ["icon-192.png", 192, svg],
  ["icon-512.png", 512, svg],
  ["icon-maskable-512.png", 512, square],
];

const executablePath = findChromium();
const browser = await chromium.launch({ args: chromiumArgs, ...(executablePath ? { executablePath } : {}) });
const page = await browser.newPage();
mkdirSync(join(folder, "icons"), { recursive: true });
for (const [name, size, drawing] of icons) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${drawing}`);
  await page.screenshot({ path: join(folder, "icons", name), omitBackground: true });
}
await browser.close();
