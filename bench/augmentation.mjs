// What augmentation costs a run: epochs of `fit` with random changes beside epochs without, in turn, in Chromium:
//   npm run bench -- augmentation [--workers 2] [--rounds 7]

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { alternate } from "./alternating.mjs";
import { launchChromium } from "./hosts.mjs";
import { serve } from "./server.mjs";
import { workloadsNamed } from "./workloads.mjs";

const { values } = parseArgs({
  options: { workers: { type: "string", default: "2" }, rounds: { type: "string", default: "7" } },
});
const workers = Number(values.workers);
const v3 = JSON.parse(readFileSync(new URL("fit/v3.json", import.meta.url), "utf8"));
const plain = { without: "without" };

/** @type {{ title: string, spec: object, images: number, ways: Record<string, object> }[]} */
const cases = [
  {
    title: "V3, images of 28x28x1",
    spec: v3,
    images: 8192,
    ways: {
      "shift, rotation, scale": { shift: 2, rotation: 10, scale: 0.1 },
      handwriting: {
        rotation: 15,
        scale: 0.15,
        shear: 0.2,
        aspect: 0.1,
        shift: 1.5,
        elastic: 0.8,
        thickness: 0.7,
      },
    },
  },
  ...["W2", "W3"].map((name) => ({
    title: `${name}, images of 32x32x3`,
    spec: workloadsNamed([name])[0].spec,
    images: 512,
    ways: {
      "flip, crop, cutout": { flipHorizontal: 0.5, crop: 4, border: "reflect", cutout: 8 },
      "the same, colours, mixup": {
        flipHorizontal: 0.5,
        crop: 4,
        brightness: 0.1,
        contrast: 0.2,
        saturation: 0.2,
        hue: 10,
        mixup: 0.2,
      },
    },
  })),
];

const [server, browser] = [await serve(), await launchChromium()];
try {
  for (const { title, spec, images, ways } of cases) {
    const page = await browser.newPage();
    await page.goto(`${server.address}/empty/`);
    await page.evaluate(
      async ([spec, images, workers]) => {
        const [tabgrad, { open }] = [await import("/dist/index.js"), await import("/bench/augmentation.js")];
        globalThis.epoch = open(tabgrad, spec, images, workers);
      },
      [spec, images, workers],
    );
    const names = { ...plain, ...Object.fromEntries(Object.keys(ways).map((way) => [way, way])) };
    await alternate(`${title}, ${workers} workers`, names, Number(values.rounds), (way) =>
      page.evaluate((augmentation) => globalThis.epoch(augmentation), ways[way] ?? {}),
    );
    await page.close();
  }
} finally {
  await browser.close();
  server.close();
}
