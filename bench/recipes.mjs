// What the presets reach on real data, through the package's public interface, in Node:
//   npm run bench -- recipes [mnistFast] [mnistFast1] [mnistCnn] [denoising] [variational] [shakespeare] [news] [--seeds 3]
//                            [--epochs N] [--data FOLDER]
// `news` wants a folder with ag_news_test.csv, and `shakespeare` takes tinyshakespeare.txt from there if it is given;
// the other data come with the page. Figures belong in docs/results.md.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { root } from "../scripts/process.mjs";
import { medianOf } from "./statistics.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: "string", default: "1" }, epochs: { type: "string" }, data: { type: "string" } },
});
const tabgrad = await import("../dist/node.js");
const { presets } = await import("../dist/presets.js");
const { data, modelFromSpec } = tabgrad;
const own = (path) => readFileSync(join(root, "www/public", path));

/** MNIST's digits, for training or for testing. */
const digits = (part) =>
  data.fromIdx({
    images: own(`mnist/${part}-images.idx3.gzip`),
    labels: own(`mnist/${part}-labels.idx1.gzip`),
  });

/** Trains a preset; returns the model and the seconds that it took. */
async function trained(preset, dataset, seed) {
  const model = modelFromSpec(preset.spec).compile(preset.compile);
  const began = performance.now();
  await model.fit(dataset, { ...preset.fit, seed });
  return { model, seconds: (performance.now() - began) / 1000 };
}

/** Options that are the same for all. */
const options = (seed) => ({ seed, ...(values.epochs ? { epochs: Number(values.epochs) } : {}) });

async function classifier(preset, train, test, seed) {
  const { model, seconds } = await trained(preset, train, seed);
  const { accuracy } = await model.evaluate(test, { batchSize: 128 });
  model.dispose();
  return { accuracy: 100 * accuracy, seconds };
}

async function mnist(make, seed) {
  const [train, test] = await Promise.all([digits("train"), digits("t10k")]);
  return classifier(make, train, test, seed);
}

/** Gaussian noise of this deviation, the same each time (Box and Muller). */
function noisy(pixels, deviation, seed) {
  let state = seed >>> 0 || 1;
  const uniform = () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state + 0.5) / 2 ** 32;
  };
  return pixels.map((x) => {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    return x + deviation * radius * Math.cos(2 * Math.PI * uniform());
  });
}

const psnr = (found, clean) => {
  let sum = 0;
  for (let i = 0; i < clean.length; i += 1) sum += (Math.min(1, Math.max(0, found[i])) - clean[i]) ** 2;
  return -10 * Math.log10(sum / clean.length);
};

/** Pictures of 28x28, each pixel by its neighbourhood. */
function filtered(pictures, pixel) {
  const result = new Float32Array(pictures.length);
  for (let base = 0; base < pictures.length; base += 784) {
    for (let y = 0; y < 28; y += 1) {
      for (let x = 0; x < 28; x += 1) {
        const at = (row, column) =>
          pictures[base + Math.min(27, Math.max(0, row)) * 28 + Math.min(27, Math.max(0, column))];
        result[base + y * 28 + x] = pixel(at, y, x);
      }
    }
  }
  return result;
}

const median = (side) => (at, y, x) => {
  const seen = [];
  for (let i = -side; i <= side; i += 1) for (let j = -side; j <= side; j += 1) seen.push(at(y + i, x + j));
  return seen.sort((a, b) => a - b)[seen.length >> 1];
};

const gaussian = (sigma) => (at, y, x) => {
  let [sum, weights] = [0, 0];
  for (let i = -5; i <= 5; i += 1) {
    for (let j = -5; j <= 5; j += 1) {
      const weight = Math.exp(-(i * i + j * j) / (2 * sigma * sigma));
      sum += weight * at(y + i, x + j);
      weights += weight;
    }
  }
  return sum / weights;
};

/** The pixels of a part of MNIST, from 0 to 1. */
function pixelsOf(part, count) {
  const bytes = gunzipSync(own(`mnist/${part}-images.idx3.gzip`)).subarray(16, 16 + count * 784);
  return Float32Array.from(bytes, (byte) => byte / 255);
}

async function denoising(seed) {
  const [clean, test] = [pixelsOf("train", 60_000), pixelsOf("t10k", 10_000)];
  const shape = [28, 28, 1];
  const of = (x, y) =>
    data.fromArrays({
      x,
      shape: [x.length / 784, ...shape],
      y: { data: y, shape: [y.length / 784, ...shape] },
    });
  const preset = presets.denoisingAutoencoder(options(seed));
  const { model, seconds } = await trained(preset, of(noisy(clean, 0.5, seed + 1), clean), seed);
  const seen = noisy(test, 0.5, 999);
  const { data: rebuilt } = await model.predict({ data: seen, shape: [10_000, ...shape] });
  model.dispose();
  const filters = [median(1), median(2), ...[0.6, 0.8, 1, 1.2, 1.5].map((sigma) => gaussian(sigma))].map(
    (pixel) => psnr(filtered(seen, pixel), test),
  );
  const best = Math.max(...filters);
  const reached = psnr(rebuilt, test);
  return { psnr: reached, bestFilter: best, gain: reached - best, seconds };
}

/** Nats a test picture: the negative evidence lower bound at the mean of each code, and its two parts. */
async function variational(seed) {
  const [train, test] = await Promise.all([digits("train"), digits("t10k")]);
  const { model, seconds } = await trained(presets.variationalAutoencoder(options(seed)), train, seed);
  const { loss, reconstructionLoss, divergenceLoss } = await model.evaluate(test, { batchSize: 128 });
  model.dispose();
  return { loss, reconstruction: reconstructionLoss, divergence: divergenceLoss, seconds };
}

async function shakespeare(seed) {
  const text = values.data
    ? readFileSync(join(values.data, "tinyshakespeare.txt"), "utf8")
    : gunzipSync(own("texts/shakespeare.txt.gzip")).toString("utf8");
  const held = Math.floor(text.length * 0.9);
  const train = await data.fromText(text.slice(0, held), { length: 96 });
  const vocabulary = train.preprocessing.text.vocabulary.length + 2;
  const test = await data.fromText(text.slice(held), { ...train.preprocessing.text, length: 96 });
  const preset = presets.gruLanguageModel({ vocabulary, ...options(seed) });
  const { model, seconds } = await trained(preset, train, seed);
  const { loss } = await model.evaluate(test);
  const written = await model.generate("ROMEO:", { length: 120, temperature: 0.7, seed });
  console.log(written.replaceAll("\n", " / "));
  model.dispose();
  return { nats: loss, seconds };
}

async function news(make, seed) {
  if (!values.data) throw new Error("news: say where ag_news_test.csv is by --data");
  const lines = readFileSync(join(values.data, "ag_news_test.csv"), "utf8").split("\n").filter(Boolean);
  const file = (name, kept) =>
    new File([["label,text", ...lines.filter((_, i) => kept(i)).map(row)].join("\n")], name);
  const row = (line) => {
    const [, label, title, text] = /^"(\d)","(.*)","(.*)"\r?$/.exec(line) ?? [];
    return `c${label},"${title} ${text}"`;
  };
  const set = await data.fromFiles(
    [file("train.csv", (i) => i % 8 !== 7), file("test.csv", (i) => i % 8 === 7)],
    { text: "text", target: "label", preprocessing: { text: { length: 64, maxTokens: 8000 } } },
  );
  const [train, test] = [await set.part("train"), await set.part("test")];
  const vocabulary = (train.preprocessing.text.vocabulary?.length ?? 0) + 2;
  const preset = make({ vocabulary, length: train.shape[0], classes: 4, ...options(seed) });
  return classifier(preset, train, test, seed);
}

const tasks = {
  mnistFast: (seed) => mnist(presets.mnistFast({ epochs: 3, ...options(seed) }), seed),
  mnistFast1: (seed) => mnist(presets.mnistFast({ ...options(seed), epochs: 1 }), seed),
  mnistCnn: (seed) => mnist(presets.mnistCnn(options(seed)), seed),
  denoising,
  variational,
  shakespeare,
  lstmClassifier: (seed) => news(presets.lstmClassifier, seed),
  textCnn: (seed) => news(presets.textCnn, seed),
};

for (const name of positionals.length > 0 ? positionals : ["mnistFast1", "mnistFast"]) {
  if (!tasks[name]) throw new Error(`there is no task "${name}"; there are ${Object.keys(tasks).join(", ")}`);
  const all = [];
  for (let seed = 0; seed < Number(values.seeds); seed += 1) {
    const found = await tasks[name](seed);
    all.push(found);
    console.log(name, `seed ${seed}`, JSON.stringify(found));
  }
  const medians = Object.keys(all[0]).map(
    (key) => `${key} ${medianOf(all.map((one) => one[key])).toFixed(3)}`,
  );
  console.log(name, `median of ${all.length}:`, medians.join(", "));
}
process.exit(0);
