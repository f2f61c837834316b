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

/** ResNet-20 for images of 32x32 (He et al., 2015), with projections where the shape changes. */
export function resnet20() {
  const net = new Builder("W3", [32, 32, 3]);
  net.convNorm("conv2d", { filters: 16, kernelSize: 3 }, "relu");
  for (const [stage, filters] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const input = net.last;
      net.convNorm("conv2d", { filters, kernelSize: 3, strides }, "relu");
      const residual = net.convNorm("conv2d", { filters, kernelSize: 3 });
      const shortcut =
        strides === 1 ? input : net.convNorm("conv2d", { filters, kernelSize: 1, strides }, undefined, input);
      net.add("add", {}, [residual, shortcut]);
      net.add("activation", { activation: "relu" });
    }
  }
  net.add("globalAveragePooling2d");
  net.add("dense", { units: 10, activation: "softmax" });
  return net.spec();
}
