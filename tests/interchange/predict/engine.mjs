// What the engine answers about the files of make_inputs.py: for each model NAME/model.onnx, as the page exports it,
// and NAME/answers.json. Called by check_predict.py with the folder.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const { configure, data, layers, loadModel, sequential } = await import(join(root, "dist/node.js"));
configure({ deterministic: true, workers: 1 });
const folder = process.argv[2] ?? "";
const at = (/** @type {string} */ name) => join(folder, name);

/** @param {string} name @param {any} model @param {[string, any][]} asked */
async function answer(name, model, asked) {
  mkdirSync(at(name), { recursive: true });
  const inverts = model.preprocessing?.image?.some(
    (/** @type {any} */ { type }) => type === "invertIfDarkOnLight",
  );
  const outside = () => model.export("onnx");
  const blob = inverts
    ? await outside()
    : await model.export("onnx", { includePreprocessing: true }).catch(outside);
  writeFileSync(at(`${name}/model.onnx`), new Uint8Array(await blob.arrayBuffer()));
  /** @type {Record<string, number[]>} */
  const answers = {};
  for (const [key, sample] of asked) answers[key] = Array.from((await model.predict(sample)).data);
  writeFileSync(at(`${name}/answers.json`), JSON.stringify(answers));
}

/** @param {any} set @param {any[]} front */
async function trained(set, front) {
  const head = layers.dense({ units: set.classNames.length, activation: "softmax" });
  const model = sequential({ inputShape: set.shape, layers: [...front, head], seed: 1 });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
  await model.fit(set, { epochs: 2, batchSize: 32, seed: 1 });
  return model;
}

/** @type {[string, any][]} */
const pictures = readdirSync(at("pictures"))
  .filter((file) => file.endsWith(".png"))
  .map((file) => {
    const size = JSON.parse(readFileSync(at(`pictures/${file.replace("png", "json")}`), "utf8"));
    const pixels = new Uint8ClampedArray(readFileSync(at(`pictures/${file.replace("png", "rgba")}`)));
    return [`pictures/${file}`, { ...size, data: pixels }];
  });

await answer("digits", await loadModel(join(root, "www/public/models/digits.safetensors")), pictures);

const size = { height: 24, width: 20 };
const steps = {
  none: [],
  contain: [{ type: "resize", ...size, fit: "contain", filter: "bicubic" }],
  cover: [
    { type: "median", size: 3 },
    { type: "gaussian", sigma: 1.3 },
    { type: "resize", height: 30, width: 30, fit: "cover", filter: "lanczos3" },
    { type: "crop", ...size },
  ],
  pad: [
    { type: "pad", height: 300, width: 310, value: 90 },
    { type: "resize", ...size, filter: "bilinear" },
    { type: "grayscale" },
  ],
  invert: [{ type: "resize", ...size, filter: "nearest" }, { type: "invertIfDarkOnLight" }],
  crop: [{ type: "crop", height: 100, width: 90, top: 5, left: 250 }, { type: "rgb" }],
};
for (const channels of [1, 3]) {
  for (const [name, image] of Object.entries(steps)) {
    const net = [
      layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu" }),
      layers.flatten(),
      layers.dense({ units: 3, activation: "softmax" }),
    ];
    const model = sequential({ inputShape: [24, 20, channels], layers: net, seed: 3 });
    const [mean, std] =
      channels === 3
        ? [
            [0.4, 0.5, 0.6],
            [0.2, 0.3, 0.25],
          ]
        : [[0.45], [0.3]];
    model.preprocessing = /** @type {any} */ ({
      image,
      numeric: [
        { type: "scale", factor: 1 / 255 },
        { type: "normalize", mean, std },
      ],
    });
    await answer(`pictures-${name}-${channels}`, model, pictures);
  }
}

for (const [name, target] of [
  ["rows", "kind"],
  ["numbers", "label"],
]) {
  const set = await data.fromFiles(at(`${name}-train.csv`), { target: target ?? null });
  const [head = "", ...lines] = readFileSync(at(`${name}.csv`), "utf8")
    .trim()
    .split(/\r?\n/);
  const names = head.split(",");
  /** @type {[string, any][]} */
  const asked = lines.map((line, i) => {
    const cells = cellsOf(line);
    const row = Object.fromEntries(names.map((column, c) => [column, cells[c] || null]));
    delete row[target ?? ""];
    return [`${name}.csv, row ${i + 1}`, row];
  });
  const model = await trained(set, [layers.dense({ units: 8, activation: "relu" })]);
  await answer(name ?? "", model, asked);
}

/** @type {[string, any][]} */
const texts = readdirSync(at("texts")).map((file) => [
  `texts/${file}`,
  readFileSync(at(`texts/${file}`), "utf8"),
]);
/** @type {Record<string, any>} */
const specs = {
  counts: { output: "counts", maxTokens: 400 },
  accents: { output: "counts", maxTokens: 400, stripAccents: true, split: "wordsAndPunctuation" },
  ids: { length: 24, padding: "pre", truncation: "pre" },
  characters: { split: "characters", length: 90, lowercase: false },
  bytePairs: { split: "bytePairs", maxTokens: 500, length: 80 },
};
for (const [name, text] of Object.entries(specs)) {
  const set = await data.fromFiles(at("classes"), { preprocessing: { text } });
  const front =
    text.output === "counts"
      ? [layers.dense({ units: 8, activation: "relu" })]
      : [layers.embedding({ inputDim: 1200, outputDim: 6 }), layers.flatten()];
  await answer(`texts-${name}`, await trained(set, front), texts);
}
process.exit(0);

/**
 * A cell with a comma is in quotes; none has a quote.
 *
 * @param {string} line
 */
function cellsOf(line) {
  const cells = [""];
  let quoted = false;
  for (const symbol of line) {
    if (symbol === '"') quoted = !quoted;
    else if (symbol === "," && !quoted) cells.push("");
    else cells[cells.length - 1] += symbol;
  }
  return cells;
}
