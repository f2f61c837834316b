// Images a second of `fit` through the package's public interface, in Chromium and in Node:
//   npm run build && node bench/fit.mjs [W1] [V3] [--epochs 3]

import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { chromiumArgs, findChromium } from "../scripts/browsers.mjs";
import { root } from "../scripts/process.mjs";
import { measure } from "./fit.js";

const { values, positionals } = parseArgs({
  options: { epochs: { type: "string", default: "3" } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : ["W1", "V3"];
const epochs = Number(values.epochs);

/** Serves the project's folder to the browser. */
function serve() {
  const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (path === "/")
      return response.writeHead(200, { "Content-Type": "text/html" }).end("<title>bench</title>");
    const file = join(root, path);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function inChromium(spec) {
  const server = await serve();
  const executablePath = findChromium();
  const browser = await chromium.launch({
    args: chromiumArgs,
    ...(executablePath ? { executablePath } : {}),
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${server.address().port}/`);
    return await page.evaluate(
      async ([spec, epochs]) => {
        const [tabgrad, { measure }] = [await import("/dist/index.js"), await import("/bench/fit.js")];
        return measure(tabgrad, "/www/public/mnist/", spec, epochs);
      },
      [spec, epochs],
    );
  } finally {
    await browser.close();
    server.close();
  }
}

async function inNode(spec) {
  return measure(await import("../dist/node.js"), `${root}www/public/mnist/`, spec, epochs);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const name of names) {
  const spec = JSON.parse(readFileSync(new URL(`fit/${name.toLowerCase()}.json`, import.meta.url), "utf8"));
  for (const [place, run] of [
    ["Chromium", inChromium],
    ["Node", inNode],
  ]) {
    const { rates, accuracy } = await run(spec);
    const percent = (accuracy * 100).toFixed(2);
    console.log(
      `${name} ${place}: median ${median(rates)} images/s of ${rates.join(", ")}; accuracy ${percent}%`,
    );
  }
}
