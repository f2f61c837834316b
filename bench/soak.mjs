// Whether memory stays as it is over hours: a tab that trains with its run kept, saves, exports, imports and
// predicts, over and over; what the page, its workers and the browser's processes hold is looked at meanwhile:
//   npm run bench -- soak [--minutes 60] [--rest 0]
// `--rest` are seconds between two rounds.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launchWithProfile } from "./hosts.mjs";
import { serve } from "./server.mjs";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, rest: { type: "string", default: "0" } },
});
const end = performance.now() + 60_000 * Number(values.minutes);
const folder = mkdtempSync(join(tmpdir(), "tabgrad-soak-"));
const [server, context] = [await serve(), await launchWithProfile(folder)];
try {
  const page = await context.newPage();
  await page.goto(`${server.address}/bare/`);
  await page.evaluate(async () => {
    const [tabgrad, { open }] = [await import("/dist/index.js"), await import("/bench/soak.js")];
    globalThis.round = await open(tabgrad);
  });
  const rows = [];
  let rounds = 0;
  let looked = 0;
  while (performance.now() < end) {
    rounds += await page.evaluate(() => globalThis.round());
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(values.rest)));
    if (performance.now() - looked < 60_000) continue;
    looked = performance.now();
    const row = { minute: Math.round((looked - (end - 60_000 * values.minutes)) / 60_000), rounds };
    rows.push({ ...row, ...(await page.evaluate(held)), ...(await processes(context.browser())) });
    console.log(JSON.stringify(rows.at(-1)));
  }
  // The first minutes fill what is filled once.
  const settled = rows.slice(Math.floor(rows.length / 6));
  console.log(
    `\n${rounds} rounds in ${values.minutes} minutes; MB from the sixth part on, first and last third:`,
  );
  for (const name of Object.keys(settled[0] ?? {}).slice(2)) {
    const third = Math.ceil(settled.length / 3);
    const mean = (part) => part.reduce((sum, row) => sum + (row[name] ?? 0), 0) / part.length;
    const [first, last] = [mean(settled.slice(0, third)), mean(settled.slice(-third))];
    console.log(`${name.padEnd(16)} ${first.toFixed(1).padStart(8)} ${last.toFixed(1).padStart(8)}`);
  }
} finally {
  await context.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}

/** In the page: megabytes of the page's objects and of its workers', their engines among them, after a collection. */
async function held() {
  const { breakdown } = await performance.measureUserAgentSpecificMemory();
  const sizes = { page: 0, workers: 0 };
  for (const { bytes, attribution } of breakdown) {
    const [first] = attribution;
    if (first) sizes[first.scope === "Window" ? "page" : "workers"] += bytes / 1e6;
  }
  const { usage = 0 } = await navigator.storage.estimate();
  return { ...sizes, stored: usage / 1e6 };
}

/** Megabytes that each kind of the browser's processes has in memory. */
async function processes(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const sizes = {};
  for (const { type, id } of processInfo) {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1];
    const name = type.split(".")[0];
    sizes[name] = (sizes[name] ?? 0) + (Number(kilobytes) * 1024) / 1e6;
  }
  return sizes;
}
