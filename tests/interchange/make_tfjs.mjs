// Writes small models of TensorFlow.js with random weights, and what they answer.
//
//     npm install @tensorflow/tfjs@4.22.0     (in a folder of its own, beside a copy of this file)
//     node make_tfjs.mjs OUTPUT
//
// OUTPUT/NAME/ has model.json and its shards, OUTPUT/NAME.json inputs and expected outputs. The converter's
// quantisations are done here, by its formula.

import fs from "node:fs";
import path from "node:path";
import * as tf from "@tensorflow/tfjs";

const folder = process.argv[2];
let state = 7;
const random = () => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return state / 2147483648;
};
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const half = (value) => {
  // To 11 bits of mantissa; the weights here are neither tiny nor huge.
  const float = new Float32Array([value]);
  const bits = new Uint32Array(float.buffer)[0];
  const rounded = bits + 0xfff + ((bits >>> 13) & 1);
  const exponent = ((rounded >>> 23) & 255) - 112;
  if (exponent < 1) return 0;
  return ((rounded >>> 16) & 0x8000) | (exponent << 10) | ((rounded >>> 13) & 1023);
};
const fromHalf = (bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + (bits & 1023) / 1024) : 0;
};

/** The bytes of a weight, its entry in the manifest and the numbers that come back. */
function packed(entry, values, dtype) {
  if (dtype === "float32") return { bytes: new Uint8Array(Float32Array.from(values).buffer), entry, values };
  if (dtype === "float16") {
    const halves = Uint16Array.from(values, half);
    const quantization = { dtype: "float16", original_dtype: "float32" };
    return {
      bytes: new Uint8Array(halves.buffer),
      entry: { ...entry, quantization },
      values: Array.from(halves, fromHalf),
    };
  }
  const most = dtype === "uint8" ? 255 : 65535;
  const min = Math.min(...values);
  const scale = (Math.max(...values) - min) / most || 1;
  const whole = values.map((value) => Math.round((value - min) / scale));
  const array = dtype === "uint8" ? Uint8Array.from(whole) : Uint16Array.from(whole);
  return {
    bytes: new Uint8Array(array.buffer),
    entry: { ...entry, quantization: { dtype, min, scale, original_dtype: "float32" } },
    values: whole.map((number) => number * scale + min),
  };
}

async function save(name, model, inputs, dtype = "float32") {
  let artifacts;
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  const weights = artifacts.weightSpecs.map((entry) => {
    const size = entry.shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: size }, () => {
      if (entry.name.endsWith("variance")) return 0.4 + 2 * random();
      if (entry.name.endsWith("gamma")) return 0.5 + random();
      return normal() * (entry.shape.length > 1 ? 1 / Math.sqrt(size / entry.shape.at(-1)) : 0.3);
    });
    return packed(entry, Array.from(Float32Array.from(values)), dtype);
  });
  model.setWeights(weights.map(({ values, entry }) => tf.tensor(values, entry.shape, "float32")));
  const bytes = Buffer.concat(weights.map((weight) => weight.bytes));
  // In two pieces, cut within a number.
  const cut = Math.floor(bytes.length / 2) + 1;
  const paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  const manifest = {
    format: "layers-model",
    generatedBy: `TensorFlow.js tfjs-layers v${tf.version["tfjs-layers"]}`,
    convertedBy: null,
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths, weights: weights.map((weight) => weight.entry) }],
  };
  const place = path.join(folder, name);
  fs.mkdirSync(place, { recursive: true });
  fs.writeFileSync(path.join(place, "model.json"), `${JSON.stringify(manifest)}\n`);
  fs.writeFileSync(path.join(place, paths[0]), bytes.subarray(0, cut));
  fs.writeFileSync(path.join(place, paths[1]), bytes.subarray(cut));
  const outputs = [model.predict(inputs.length > 1 ? inputs : inputs[0])].flat();
  const written = (tensor) => ({ shape: tensor.shape, values: Array.from(tensor.dataSync()) });
  const text = JSON.stringify({ inputs: inputs.map(written), outputs: outputs.map(written) });
  fs.writeFileSync(path.join(folder, `${name}.json`), `${text}\n`);
}

const numbers = (...shape) => {
  const size = shape.reduce((product, size) => product * size, 1);
  return tf.tensor(Array.from({ length: size }, normal), shape);
};

const cnn = () =>
  tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [8, 8, 2], filters: 4, kernelSize: 3, useBias: false }),
      tf.layers.batchNormalization({ epsilon: 1e-4 }),
      tf.layers.reLU({ maxValue: 6 }),
      tf.layers.depthwiseConv2d({ kernelSize: 3, padding: "same", activation: "hardSigmoid" }),
      tf.layers.separableConv2d({ filters: 5, kernelSize: 3, activation: "elu" }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same" }),
      tf.layers.leakyReLU({ alpha: 0.2 }),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.4 }),
      tf.layers.dense({ units: 4, activation: "softmax" }),
    ],
  });
await save("cnn", cnn(), [numbers(2, 8, 8, 2)]);
for (const dtype of ["uint8", "uint16", "float16"]) {
  const small = tf.sequential({
    layers: [
      tf.layers.conv1d({ inputShape: [5, 3], filters: 4, kernelSize: 3 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3 }),
    ],
  });
  await save(dtype, small, [numbers(2, 5, 3)], dtype);
}

const text = tf.sequential({
  layers: [
    tf.layers.embedding({ inputDim: 9, outputDim: 4, inputLength: 6 }),
    tf.layers.bidirectional({
      layer: tf.layers.lstm({ units: 3, returnSequences: true }),
      mergeMode: "concat",
    }),
    tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 4, activation: "tanh" }) }),
    tf.layers.simpleRNN({ units: 3, returnSequences: true }),
    tf.layers.lstm({ units: 3, recurrentActivation: "sigmoid" }),
    tf.layers.dense({ units: 2, activation: "hardSigmoid" }),
  ],
});
await save("text", text, [
  tf.tensor([
    [1, 2, 3, 4, 5, 6],
    [8, 0, 7, 3, 3, 1],
  ]),
]);

const first = tf.input({ shape: [4], name: "first" });
const second = tf.input({ shape: [4], name: "second" });
const shared = tf.layers.dense({ units: 5, activation: "relu", name: "shared" });
const inner = tf.sequential({
  layers: [tf.layers.dense({ inputShape: [5], units: 3 }), tf.layers.layerNormalization()],
});
const [a, b] = [shared.apply(first), shared.apply(second)];
const c = tf.layers.concatenate().apply([inner.apply(a), b]);
const d = tf.layers.multiply().apply([a, b]);
const two = tf.model({
  inputs: [first, second],
  outputs: [tf.layers.dense({ units: 2 }).apply(c), tf.layers.prelu().apply(d)],
});
await save("two", two, [numbers(3, 4), numbers(3, 4)]);
