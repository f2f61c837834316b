// Writes architectures as tabgrad's specifications.

/** Writes a specification layer by layer; each takes the one before unless told otherwise. */
class Builder {
  #spec;
  #last = "image";
  #counts = {};

  constructor(name, shape) {
    this.#spec = { name, seed: 0, inputs: [{ name: this.#last, shape }], nodes: [], outputs: [] };
  }

  /** Returns the name by which others take its output. */
  add(type, attributes = {}, inputs = [this.#last]) {
    this.#counts[type] = (this.#counts[type] ?? 0) + 1;
    const name = `${type}_${this.#counts[type]}`;
    this.#spec.nodes.push({ name, inputs, layer: { type, ...attributes } });
    this.#last = name;
    return name;
  }

  /** A convolution without bias, batch normalisation, and what follows it. */
  convNorm(type, attributes, activation, input = this.#last) {
    this.add(type, { ...attributes, padding: "same", useBias: false }, [input]);
    this.add("batchNormalization");
    return activation ? this.add("activation", { activation }) : this.#last;
  }

  get last() {
    return this.#last;
  }

  spec() {
    return { ...this.#spec, outputs: [this.#last] };
  }
}

/**
 * A chain of same 3x3 convolutions with ReLU between images and ten classes, max-pooling where the list
 * says "pool".
 */
export function plainNetwork(name, shape, layers, hidden) {
  const net = new Builder(name, shape);
  for (const filters of layers) {
    if (filters === "pool") net.add("maxPooling2d", { poolSize: 2 });
    else net.add("conv2d", { filters, kernelSize: 3, padding: "same", activation: "relu" });
  }
  net.add("flatten");
  if (hidden > 0) net.add("dense", { units: hidden, activation: "relu" });
  net.add("dense", { units: 10, activation: "softmax" });
  return net.spec();
}

/** Words' vectors, an LSTM over them, and classes. */
export function textClassifier(name, { words, length, width, units, classes }) {
  const net = new Builder(name, [length]);
  net.add("embedding", { inputDim: words, outputDim: width });
  net.add("lstm", { units });
  net.add("dense", { units: classes, activation: "softmax" });
  return net.spec();
}

/** Channels of MobileNetV2: scaled, in eighths, and not more than a tenth too few. */
function eighths(channels) {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** MobileNetV2 (Sandler et al., 2018) with `width` times its channels. */
export function mobilenetV2(name, size, width, classes) {
  const net = new Builder(name, [size, size, 3]);
  const scaled = (channels) => eighths(channels * width);
  let channels = scaled(32);
  net.convNorm("conv2d", { filters: channels, kernelSize: 3, strides: 2 }, "relu6");
  // The paper's table 2: expansion, channels, repetitions, stride of the first.
  const stages = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ];
  for (const [expansion, out, repetitions, stride] of stages) {
    for (let block = 0; block < repetitions; block++) {
      const [input, filters, strides] = [net.last, scaled(out), block === 0 ? stride : 1];
      if (expansion > 1) net.convNorm("conv2d", { filters: channels * expansion, kernelSize: 1 }, "relu6");
      net.convNorm("depthwiseConv2d", { kernelSize: 3, strides }, "relu6");
      const projected = net.convNorm("conv2d", { filters, kernelSize: 1 });
      if (strides === 1 && channels === filters) net.add("add", {}, [input, projected]);
      channels = filters;
    }
  }
  net.convNorm("conv2d", { filters: 1280, kernelSize: 1 }, "relu6");
  net.add("globalAveragePooling2d");
  net.add("dense", { units: classes, activation: "softmax" });
  return net.spec();
}
