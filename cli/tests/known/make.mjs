// Writes what the npm package makes in Node of the files that the tests of the command line use:
//   node cli/tests/known/make.mjs     (after npm run build)
//   trained.safetensors    small.json trained on mnist-640, a tenth of it kept back
//   digits.txt             what the page's model says of the first 24 images: the bits of its numbers, a line each

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { configure, data, layers, loadModel, sequential } from "../../../dist/node.js";

const IMAGES = 24;

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

configure({ deterministic: true });
const folder = mkdtempSync(join(tmpdir(), "tabgrad-"));
cpSync(here("../../../tests/golden/mnist-640.idx3"), join(folder, "images.idx3"));
cpSync(here("../../../tests/golden/mnist-640.idx1"), join(folder, "labels.idx1"));
const digits = await data.fromFiles(folder);

const { spec, compile, fit } = JSON.parse(readFileSync(here("small.json"), "utf8"));
const made = spec.layers.map((/** @type {any} */ { type, ...options }) =>
  /** @type {any} */ (layers)[type](options),
);
const model = sequential({ ...spec, layers: made }).compile(compile);
await model.fit(digits, { ...fit, validationSplit: 0.1 });
await model.save(pathToFileURL(here("trained.safetensors")).href);

const known = await loadModel(pathToFileURL(here("../../../www/public/models/digits.safetensors")).href);
const { data: answers } = await known.predict(digits);
const lines = Array.from({ length: IMAGES }, (_, image) => {
  const bits = new Uint32Array(answers.buffer, answers.byteOffset + 40 * image, 10);
  return [...bits].map((number) => number.toString(16).padStart(8, "0")).join(" ");
});
writeFileSync(here("digits.txt"), `${lines.join("\n")}\n`);
rmSync(folder, { recursive: true });
process.exit(0);
