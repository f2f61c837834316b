/** The page in WebKit: what the other browsers have and it lacks (OPFS, storage estimates) must not be missed. */

import { afterAll, beforeAll, test } from "vitest";
import { freePort } from "../../scripts/port.mjs";
import { serve } from "../../scripts/serve.mjs";
import { WebKit } from "./driver";

const PAD = "canvas[data-tool]";
const SEVEN = [
  [0.3, 0.25],
  [0.5, 0.25],
  [0.7, 0.25],
  [0.6, 0.5],
  [0.45, 0.82],
] as const;

/** The text of the first element of a selector, once it is as expected. */
const textOf = (selector: string, pattern: RegExp) =>
  `const text = document.querySelector(${JSON.stringify(selector)})?.textContent.trim() ?? "";
   return ${pattern}.test(text) ? text : "";`;
const ANSWER = '[data-testid="answer"] .glyph';
const ACCURACY = textOf("footer .accuracy", /%$/);

let server: Awaited<ReturnType<typeof serve>>;
let webkit: WebKit;

beforeAll(async () => {
  server = await serve(await freePort());
  webkit = await WebKit.start();
  await webkit.open(`${server.address}#/draw`);
});

afterAll(async () => {
  await webkit?.close();
  await server?.close();
});

test("the model that comes with the page reads a drawn 7", async () => {
  await webkit.waitFor(ACCURACY, "the model's accuracy");
  const side = await webkit.evaluate<number>(
    `return document.querySelector("${PAD}").getBoundingClientRect().width`,
  );
  await webkit.stroke(
    PAD,
    SEVEN.map(([x, y]) => [x * side, y * side] as const),
  );
  // The answer changes while the stroke is drawn.
  await webkit.waitFor(textOf(ANSWER, /^7$/), "the answer 7");
});

test("a correction is learned, stored, and there after a reload", async () => {
  await webkit.waitFor(
    `const button = [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === "7");
     button?.click();
     return button !== undefined;`,
    "the button of class 7",
  );
  await webkit.waitFor(textOf("footer .model", /corrected/), "the corrected model");
  await webkit.waitFor(textOf("main", /Learned in/), "what was learned");
  await webkit.reload();
  await webkit.waitFor(textOf("footer .model", /corrected/), "the stored model");
  await webkit.waitFor(textOf(ANSWER, /^7$/), "the answer 7 to the stored drawing");
});

test("a network trains on MNIST, batch after batch", async () => {
  await webkit.open(`${server.address}#/train`);
  await webkit.waitFor(
    `const button = [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === "Train");
     if (!button || button.disabled) return false;
     button.click();
     return true;`,
    "the button Train",
    60,
  );
  await webkit.waitFor(textOf("main", /[\d,]+ images\/s/), "the rate of the training", 60);
});

test("the page keeps its files for visits without a network, and its policy", async () => {
  await webkit.open(`${server.address}#/draw`);
  await webkit.waitFor(
    `if (navigator.serviceWorker.controller === null) return false;
     const files = (name) => caches.open(name).then((cache) => cache.keys());
     return caches.keys().then((names) => Promise.all(names.map(files))).then((all) => all.flat().length > 50);`,
    "a cache of the page's files",
    60,
  );
  await webkit.waitFor(
    `if (!("trustedTypes" in globalThis)) return true;
     try {
       document.createElement("div").innerHTML = "<b>text</b>";
       return false;
     } catch {
       return true;
     }`,
    "markup made of text to be refused",
  );
});
