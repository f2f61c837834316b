// What there is to train and how it is measured. Runs in a page and in Node; `recipes.mjs` starts both.

import { bestFilter, noisy, psnr } from "./noise.js";

/**
 * @typedef {object} Setting
 * @property {typeof import("../../js/index.js")} tabgrad
 * @property {typeof import("../../js/presets/index.js").presets} presets
 * @property {(path: string) => Promise<ArrayBuffer>} read a file of the page or, after `data/`, of `--data`
 * @property {{ seed: number, epochs?: number }} options of the preset
 * @property {(line: string) => void} say
 */

/** Trains a preset; returns the model and what it cost. */
async function trained({ tabgrad, options, say }, preset, dataset) {
  const model = tabgrad.modelFromSpec(preset.spec).compile(preset.compile);
  const began = performance.now();
  await model.fit(dataset, {
    ...preset.fit,
    seed: options.seed,
    onEpochEnd: ({ epoch, epochs, logs, imagesPerSecond }) =>
      say(`epoch ${epoch + 1} of ${epochs}: ${JSON.stringify(logs)}, ${imagesPerSecond.toFixed(0)} a second`),
  });
  const seconds = (performance.now() - began) / 1000;
  const { parameters, multiplyAdds } = await model.inspect();
  return { model, cost: { seconds, parameters, multiplyAdds } };
}

async function classifier(setting, preset, train, test) {
  const { model, cost } = await trained(setting, preset, train);
  const { accuracy } = await model.evaluate(test, { batchSize: 128 });
  model.dispose();
  return { accuracy: 100 * accuracy, ...cost };
}

/** MNIST's digits, for training or for testing. */
async function digits({ tabgrad, read }, part) {
  const [images, labels] = await Promise.all([
    read(`mnist/${part}-images.idx3.gzip`),
    read(`mnist/${part}-labels.idx1.gzip`),
  ]);
  return tabgrad.data.fromIdx({ images, labels });
}

async function mnist(setting, make) {
  const [train, test] = await Promise.all([digits(setting, "train"), digits(setting, "t10k")]);
  return classifier(setting, make(setting.options), train, test);
}

/** The files of an archive of pictures in folders, `train/CLASS/` and `test/CLASS/`. */
async function pictures(setting, make) {
  const name = "cifar10-images.zip";
  const archive = new File([await setting.read(`data/${name}`)], name);
  const set = await setting.tabgrad.data.fromFiles([archive]);
  const [train, test] = [await set.part("train"), await set.part("test")];
  const preset = make(setting.options);
  const { model, cost } = await trained(setting, preset, train);
  const both = mirrored(setting, model).compile(preset.compile);
  const [{ accuracy }, { accuracy: withMirrorImage }] = [
    await model.evaluate(test),
    await both.evaluate(test),
  ];
  for (const one of [model, both]) one.dispose();
  return { accuracy: 100 * accuracy, withMirrorImage: 100 * withMirrorImage, ...cost };
}

/** A model whose answer is the mean of those to a picture and to its mirror image. */
function mirrored({ tabgrad: { input, layers, model } }, classifier) {
  const picture = input({ shape: classifier.spec.inputs[0].shape });
  const image = layers.flip({ axis: 2 }).apply(picture);
  const answers = [classifier.apply(picture), classifier.apply(image)];
  return model({ inputs: picture, outputs: layers.average().apply(answers) });
}

async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** The pixels of a part of MNIST, from 0 to 1. */
async function pixelsOf({ read }, part, count) {
  const bytes = new Uint8Array(await unpacked(await read(`mnist/${part}-images.idx3.gzip`)));
  return Float32Array.from(bytes.subarray(16, 16 + count * 784), (byte) => byte / 255);
}

async function denoising(setting) {
  const { tabgrad, presets, options } = setting;
  const [clean, test] = await Promise.all([
    pixelsOf(setting, "train", 60_000),
    pixelsOf(setting, "t10k", 10_000),
  ]);
  const shape = [28, 28, 1];
  const of = (x, y) =>
    tabgrad.data.fromArrays({
      x,
      shape: [x.length / 784, ...shape],
      y: { data: y, shape: [y.length / 784, ...shape] },
    });
  const preset = presets.denoisingAutoencoder(options);
  const pairs = of(noisy(clean, 0.5, options.seed + 1), clean);
  const { model, cost } = await trained(setting, preset, pairs);
  const seen = noisy(test, 0.5, 999);
  const { data: rebuilt } = await model.predict({ data: seen, shape: [10_000, ...shape] });
  model.dispose();
  const [reached, best] = [psnr(rebuilt, test), bestFilter(seen, test)];
  return { psnr: reached, bestFilter: best, gain: reached - best, ...cost };
}

/** Digits by way of a code: how near what comes out is to what went in. */
async function rebuilding(setting) {
  const { tabgrad, presets, options } = setting;
  const [clean, test] = await Promise.all([
    pixelsOf(setting, "train", 60_000),
    pixelsOf(setting, "t10k", 10_000),
  ]);
  const shape = [60_000, 28, 28, 1];
  const pairs = tabgrad.data.fromArrays({ x: clean, shape, y: { data: clean, shape } });
  const { model, cost } = await trained(setting, presets.convAutoencoder(options), pairs);
  const { data: rebuilt } = await model.predict({ data: test, shape: [10_000, 28, 28, 1] });
  model.dispose();
  return { psnr: psnr(rebuilt, test), ...cost };
}

/** Nats a test picture: the negative evidence lower bound at the mean of each code, and its two parts. */
async function variational(setting) {
  const [train, test] = await Promise.all([digits(setting, "train"), digits(setting, "t10k")]);
  const preset = setting.presets.variationalAutoencoder(setting.options);
  const { model, cost } = await trained(setting, preset, train);
  const { loss, reconstructionLoss, divergenceLoss } = await model.evaluate(test, { batchSize: 128 });
  model.dispose();
  return { nats: loss, reconstruction: reconstructionLoss, divergence: divergenceLoss, ...cost };
}

async function shakespeare(setting, make) {
  const { tabgrad, read, options, say } = setting;
  const text = new TextDecoder().decode(await unpacked(await read("texts/shakespeare.txt.gzip")));
  const held = Math.floor(text.length * 0.9);
  const train = await tabgrad.data.fromText(text.slice(0, held), { length: 96 });
  const vocabulary = train.preprocessing.text.vocabulary.length + 2;
  const test = await tabgrad.data.fromText(text.slice(held), { ...train.preprocessing.text, length: 96 });
  const preset = make({ vocabulary, ...options });
  const { model, cost } = await trained(setting, preset, train);
  const { loss } = await model.evaluate(test);
  const written = await model.generate("ROMEO:", { length: 120, temperature: 0.7, seed: options.seed });
  say(written.replaceAll("\n", " / "));
  model.dispose();
  return { nats: loss, ...cost };
}

async function news(setting, make) {
  const { tabgrad, read, options } = setting;
  const text = new TextDecoder().decode(await read("data/ag_news_test.csv"));
  const lines = text.split("\n").filter(Boolean);
  const file = (name, kept) =>
    new File([["label,text", ...lines.filter((_, i) => kept(i)).map(row)].join("\n")], name);
  const row = (line) => {
    const [, label, title, description] = /^"(\d)","(.*)","(.*)"\r?$/.exec(line) ?? [];
    return `c${label},"${title} ${description}"`;
  };
  const set = await tabgrad.data.fromFiles(
    [file("train.csv", (i) => i % 8 !== 7), file("test.csv", (i) => i % 8 === 7)],
    { text: "text", target: "label", preprocessing: { text: { length: 64, maxTokens: 8000 } } },
  );
  const [train, test] = [await set.part("train"), await set.part("test")];
  const vocabulary = (train.preprocessing.text.vocabulary?.length ?? 0) + 2;
  const preset = make({ vocabulary, length: train.shape[0], classes: 4, ...options });
  return classifier(setting, preset, train, test);
}

/** A fifth of the recordings is held back. */
async function recordings(setting, make) {
  const name = "speech-digits.zip";
  const archive = new File([await setting.read(`data/${name}`)], name);
  const set = await setting.tabgrad.data.fromFiles([archive], { audio: { seconds: 0.7 } });
  const [train, test] = await set.split({ fraction: 0.2 });
  return classifier(setting, make({ inputShape: set.shape, classes: 10, ...setting.options }), train, test);
}

/** A third of the rows is held back. */
async function rows(setting, make) {
  const name = "wine.csv";
  const table = new File([await setting.read(`data/${name}`)], name);
  const set = await setting.tabgrad.data.fromFiles([table], { target: "target" });
  const [train, test] = await set.split({ fraction: 0.33 });
  return classifier(setting, make({ inputShape: set.shape, classes: 3, ...setting.options }), train, test);
}

/** Each trains once and says what it came to. @type {Record<string, (setting: Setting) => Promise<Record<string, number>>>} */
const tasks = {
  lenet: (setting) => mnist(setting, setting.presets.lenet),
  mnistFast: (setting) => mnist(setting, setting.presets.mnistFast),
  mnistFast1: (setting) => mnist(setting, (more) => setting.presets.mnistFast({ ...more, epochs: 1 })),
  mnistCnn: (setting) => mnist(setting, setting.presets.mnistCnn),
  cifarFast: (setting) => pictures(setting, setting.presets.cifarFast),
  cifarCnn: (setting) => pictures(setting, setting.presets.cifarCnn),
  resnet8: (setting) => pictures(setting, setting.presets.resnet8),
  resnet20: (setting) => pictures(setting, setting.presets.resnet20),
  mobilenetV2: (setting) =>
    pictures(setting, (more) => setting.presets.mobilenetV2({ ...more, inputShape: [32, 32, 3] })),
  convAutoencoder: rebuilding,
  denoisingAutoencoder: denoising,
  variationalAutoencoder: variational,
  gruLanguageModel: (setting) => shakespeare(setting, setting.presets.gruLanguageModel),
  tinyTransformer: (setting) => shakespeare(setting, setting.presets.tinyTransformer),
  lstmClassifier: (setting) => news(setting, setting.presets.lstmClassifier),
  textCnn: (setting) => news(setting, setting.presets.textCnn),
  audioCnn: (setting) => recordings(setting, setting.presets.audioCnn),
  mlp: (setting) => rows(setting, setting.presets.mlp),
};

/**
 * @param {string} name of a task
 * @param {Setting} setting
 */
export function measure(name, setting) {
  const task = tasks[name];
  if (!task) throw new Error(`there is no task "${name}"; there are ${Object.keys(tasks).join(", ")}`);
  return task(setting);
}
