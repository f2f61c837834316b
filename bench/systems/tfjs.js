// TensorFlow.js, layers on the wasm backend; training by the kernels of tfjs-patch.js.

import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
// Recurrent layers and embeddings call operations as methods of tensors.
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import * as tfl from "@tensorflow/tfjs-layers";
import { patch } from "./tfjs-patch.js";
import { batchesOf, imagesOf, readWorkload, repeat } from "./workload.js";

export async function open({ url, workers, batch }) {
  setWasmPaths(new URL("./", import.meta.url).href);
  setThreadsCount(workers);
  await tf.setBackend("wasm");
  patch();
  const workload = await readWorkload(url);
  const { samples, shape, labels } = workload;
  const model = toModel(workload);
  const images = (from, to) => tf.tensor(imagesOf(workload, from, to), [to - from, ...shape]);
  const image = images(0, 1);
  const batches = batchesOf(samples, batch).map(([from, to]) => ({
    x: images(from, to),
    y: tf.tensor1d(Float32Array.from(labels.subarray(from, to))),
  }));
  let compiled = false;
  const compile = () => {
    if (compiled) return;
    compiled = true;
    model.compile({
      optimizer: tf.train.adam(1e-3, 0.9, 0.999, 1e-7),
      loss: "sparseCategoricalCrossentropy",
    });
  };
  const step = ({ x, y }) => model.trainOnBatch(x, y);
  const predict = (x) => tf.tidy(() => model.predictOnBatch(x).dataSync());

  return {
    async outputs(count) {
      const x = images(0, count);
      const outputs = Array.from(predict(x));
      x.dispose();
      return outputs;
    },

    async loss(index) {
      compile();
      return step(batches[index]);
    },

    async train(seconds) {
      compile();
      const { count, seconds: passed } = await repeat(seconds, (count) =>
        step(batches[count % batches.length]),
      );
      return { count: count * batch, seconds: passed };
    },

    async infer(seconds) {
      const run = (count) => predict(batches[count % batches.length].x);
      const { count, seconds: passed } = await repeat(seconds, run);
      return { count: count * batch, seconds: passed };
    },

    latency: (seconds) => repeat(seconds, () => predict(image)),
  };
}

/** The specification's names and attributes are Keras's, as the layers' are. */
const makers = {
  conv2d: tfl.layers.conv2d,
  depthwiseConv2d: tfl.layers.depthwiseConv2d,
  maxPooling2d: tfl.layers.maxPooling2d,
  globalAveragePooling2d: tfl.layers.globalAveragePooling2d,
  flatten: tfl.layers.flatten,
  dense: tfl.layers.dense,
  batchNormalization: tfl.layers.batchNormalization,
  add: tfl.layers.add,
  embedding: tfl.layers.embedding,
  // Keras's; TensorFlow.js's own is another.
  lstm: (attributes) => tfl.layers.lstm({ recurrentActivation: "sigmoid", ...attributes }),
};

function toModel({ spec, weights }) {
  const tensors = Object.fromEntries(spec.inputs.map(({ name, shape }) => [name, tfl.input({ shape })]));
  const inputs = Object.values(tensors);
  const made = spec.nodes.map(({ name, inputs: sources, layer: { type, ...attributes } }) => {
    const layer = toLayer(type, { ...attributes, name });
    const taken = sources.map((source) => tensors[source]);
    tensors[name] = layer.apply(taken.length === 1 ? taken[0] : taken);
    return layer;
  });
  const model = tfl.model({ inputs, outputs: spec.outputs.map((name) => tensors[name]) });
  for (const layer of made) {
    const own = weights.filter(({ name }) => name.startsWith(`${layer.name}/`));
    if (own.length > 0) tf.tidy(() => layer.setWeights(own.map(({ data, shape }) => tf.tensor(data, shape))));
  }
  return model;
}

function toLayer(type, attributes) {
  if (type === "activation") {
    if (attributes.activation === "relu") return tfl.layers.reLU({ name: attributes.name });
    if (attributes.activation === "relu6") return tfl.layers.reLU({ name: attributes.name, maxValue: 6 });
    return tfl.layers.activation(attributes);
  }
  if (makers[type] === undefined) throw new Error(`tfjs: there is no translation of the layer "${type}"`);
  return makers[type](attributes);
}
