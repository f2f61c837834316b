// jax-js on its wasm device. It has no layers: the network is a function, its gradients are automatic, and Adam
// is written here; one jit makes a training step of them. Images are [batch, channels, height, width].

import { init, jit, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { paddingOf, shapesOf, windowOf } from "../shapes.js";
import { batchesOf, channelsFirst, imagesOf, readWorkload, repeat, sizeOf } from "./workload.js";

const [RATE, BETA1, BETA2, EPSILON] = [1e-3, 0.9, 0.999, 1e-7];

export async function open({ url, batch }) {
  await init("wasm");
  const workload = await readWorkload(url);
  const { spec, samples, shape, labels } = workload;
  const [height, width, channels] = shape;
  const classes = spec.nodes.at(-1).layer.units;
  const statistic = (name) => name.endsWith("/movingMean") || name.endsWith("/movingVariance");
  const arrays = Object.fromEntries(workload.weights.map((weight) => [weight.name, toArray(spec, weight)]));
  const images = (from, to) =>
    np
      .array(channelsFirst(imagesOf(workload, from, to), shape))
      .reshape([to - from, channels, height, width]);
  const answers = (from, to) => {
    const rows = new Float32Array((to - from) * classes);
    for (let i = from; i < to; i++) rows[(i - from) * classes + labels[i]] = 1;
    return np.array(rows).reshape([to - from, classes]);
  };
  const image = images(0, 1);
  const batches = batchesOf(samples, batch).map(([from, to]) => ({
    x: images(from, to),
    y: answers(from, to),
  }));

  const network = jit((weights, x) => nn.softmax(apply(spec, weights, x, false)));
  const predict = (x) => network(retain(arrays), x.ref).data();

  const lossOf = (weights, x, y) =>
    nn
      .logSoftmax(apply(spec, weights, x, true))
      .mul(y)
      .sum()
      .mul(-1 / batch);
  const update = jit((state, x, y, rate, correction) => {
    const [loss, gradients] = valueAndGrad(lossOf)(retain(state.weights), x, y);
    const next = { weights: {}, mean: {}, square: {} };
    for (const [name, gradient] of Object.entries(gradients)) {
      const mean = state.mean[name].mul(BETA1).add(gradient.ref.mul(1 - BETA1));
      const square = state.square[name].mul(BETA2).add(np.square(gradient).mul(1 - BETA2));
      const root = np.sqrt(square.ref).mul(correction.ref).add(EPSILON);
      next.weights[name] = state.weights[name].sub(mean.ref.mul(rate.ref).div(root));
      next.mean[name] = mean;
      next.square[name] = square;
    }
    rate.dispose();
    correction.dispose();
    return [next, loss];
  });
  let state;
  let steps = 0;
  const step = async ({ x, y }) => {
    if (state === undefined) {
      const trainable = Object.entries(arrays).filter(([name]) => !statistic(name));
      const of = (make) => Object.fromEntries(trainable.map(([name, array]) => [name, make(array)]));
      const zeros = (array) => np.zeros(array.shape);
      state = { weights: of((array) => array.ref), mean: of(zeros), square: of(zeros) };
    }
    steps++;
    const rate = np.array(RATE / (1 - BETA1 ** steps));
    const correction = np.array(1 / Math.sqrt(1 - BETA2 ** steps));
    const [next, loss] = update(state, x.ref, y.ref, rate, correction);
    state = next;
    return (await loss.data())[0];
  };

  return {
    async outputs(count) {
      const x = images(0, count);
      const outputs = Array.from(await predict(x));
      x.dispose();
      return outputs;
    },

    loss: (index) => step(batches[index]),

    async train(seconds) {
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

/** The same arrays for one more use. */
function retain(arrays) {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]));
}

/** A weight as the functions take it: kernels of convolutions [filters, channels of each, height, width]. */
function toArray(spec, { name, shape, data }) {
  const array = np.array(data.slice()).reshape(shape);
  if (shape.length !== 4) return array;
  const { layer } = spec.nodes.find((node) => name === `${node.name}/kernel`);
  return np.transpose(array, layer.type === "depthwiseConv2d" ? [2, 3, 0, 1] : [3, 2, 0, 1]);
}

/** The logits. Takes the weights over, as functions do there. */
function apply(spec, weights, x, training) {
  const shapes = shapesOf(spec);
  const uses = {};
  for (const { inputs } of spec.nodes) for (const name of inputs) uses[name] = (uses[name] ?? 0) + 1;
  const values = { [spec.inputs[0].name]: x };
  const take = (name) => (--uses[name] > 0 ? values[name].ref : values[name]);
  for (const { name, layer, inputs } of spec.nodes) {
    const weight = (parameter) => weights[`${name}/${parameter}`];
    const made = layerOf(layer, inputs.map(take), weight, shapes[inputs[0]], training);
    values[name] = activate(made, layer.activation);
  }
  return values[spec.outputs[0]];
}

function activate(x, activation) {
  if (activation === "relu") return nn.relu(x);
  if (activation === "relu6") return nn.relu6(x);
  // The softmax of the last layer is left to the loss, or added to what predicts.
  if (activation === undefined || activation === "linear" || activation === "softmax") return x;
  throw new Error(`jax: there is no translation of the activation "${activation}"`);
}

function layerOf(layer, [x, other], weight, shape, training) {
  const perChannel = (values) => values.reshape([1, sizeOf(values.shape), 1, 1]);
  switch (layer.type) {
    case "conv2d":
    case "depthwiseConv2d": {
      const { strides } = windowOf(layer);
      const featureGroupCount = layer.type === "conv2d" ? 1 : shape[2];
      const padding = paddingOf(layer, shape);
      const y = lax.convGeneralDilated(x, weight("kernel"), strides, padding, { featureGroupCount });
      const bias = weight("bias");
      return bias ? y.add(perChannel(bias)) : y;
    }
    case "maxPooling2d": {
      const { size } = windowOf(layer);
      const [batch, channels, height, width] = x.shape;
      const [rows, columns] = [Math.floor(height / size[0]), Math.floor(width / size[1])];
      // Windows that do not overlap: two axes to take the largest over.
      return x.reshape([batch, channels, rows, size[0], columns, size[1]]).max([3, 5]);
    }
    case "batchNormalization": {
      const axes = [0, 2, 3];
      const mean = training ? np.mean(x.ref, axes, { keepdims: true }) : perChannel(weight("movingMean"));
      const centred = x.sub(mean);
      const variance = training
        ? np.mean(np.square(centred.ref), axes, { keepdims: true })
        : perChannel(weight("movingVariance"));
      const scale = perChannel(weight("gamma")).div(np.sqrt(variance.add(layer.epsilon ?? 1e-3)));
      return centred.mul(scale).add(perChannel(weight("beta")));
    }
    case "globalAveragePooling2d":
      return x.mean([2, 3]);
    case "flatten":
      // Pixel by pixel, as the rows of the dense layer's kernel are.
      return np.transpose(x, [0, 2, 3, 1]).reshape([x.shape[0], sizeOf(shape)]);
    case "dense":
      return np.matmul(x, weight("kernel")).add(weight("bias"));
    case "add":
      return x.add(other);
    case "activation":
      return x;
    default:
      throw new Error(`jax: there is no translation of the layer "${layer.type}"`);
  }
}
