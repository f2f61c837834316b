// Shapes of a network's layers, for the systems whose models must be told them.

/** Height and width of something that is a number if they are the same. */
export const pair = (value) => (typeof value === "number" ? [value, value] : value);

/** The window of a convolution or of pooling: its size, its steps, and whether borders are padded. */
export function windowOf(layer) {
  const size = pair(layer.kernelSize ?? layer.poolSize ?? 2);
  const strides = pair(layer.strides ?? (layer.poolSize === undefined ? 1 : layer.poolSize));
  return { size, strides, same: layer.padding === "same" };
}

/** Zeros before and after each axis of an image; TensorFlow's rule, which puts the odd one after. */
export function paddingOf(layer, [height, width]) {
  const { size, strides, same } = windowOf(layer);
  return [height, width].map((length, axis) => {
    if (!same) return [0, 0];
    const out = Math.ceil(length / strides[axis]);
    const total = Math.max(0, (out - 1) * strides[axis] + size[axis] - length);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** The shape of one sample after each input and layer, [height, width, channels] or [units], by name. */
export function shapesOf(spec) {
  const shapes = Object.fromEntries(spec.inputs.map(({ name, shape }) => [name, shape]));
  for (const { name, layer, inputs } of spec.nodes) shapes[name] = outputShape(layer, shapes[inputs[0]]);
  return shapes;
}

function outputShape(layer, input) {
  switch (layer.type) {
    case "conv2d":
      return [...slide(layer, input), layer.filters];
    case "depthwiseConv2d":
    case "maxPooling2d":
      return [...slide(layer, input), input[2]];
    case "globalAveragePooling2d":
      return [input[2]];
    case "flatten":
      return [input.reduce((product, length) => product * length)];
    case "dense":
      return [layer.units];
    case "embedding":
      return [...input, layer.outputDim];
    case "lstm":
      return [layer.units];
    case "activation":
    case "batchNormalization":
    case "add":
      return input;
    default:
      throw new Error(`the benchmark knows no layer "${layer.type}"`);
  }
}

/**
 * Floating-point operations of one sample in convolutions, recurrent and dense layers, a multiplication and an addition
 * counted as two; of training with both gradients, but that of the image.
 *
 * @param {"infer" | "train"} what
 */
export function flopsOf(spec, what) {
  const shapes = shapesOf(spec);
  const forward = spec.nodes.map(({ name, layer, inputs }) => {
    const input = shapes[inputs[0]];
    const [height, width] = pair(layer.kernelSize ?? 1);
    const outputs = shapes[name].reduce((product, length) => product * length);
    if (layer.type === "conv2d") return 2 * height * width * input[2] * outputs;
    if (layer.type === "depthwiseConv2d") return 2 * height * width * outputs;
    if (layer.type === "lstm") return 2 * input[0] * (input[1] + layer.units) * 4 * layer.units;
    return layer.type === "dense" ? 2 * input[0] * outputs : 0;
  });
  const sum = forward.reduce((total, flops) => total + flops);
  return what === "infer" ? sum : 3 * sum - forward.find((flops) => flops > 0);
}

function slide(layer, input) {
  const { size, strides } = windowOf(layer);
  return paddingOf(layer, input).map(
    ([before, after], axis) => Math.floor((input[axis] + before + after - size[axis]) / strides[axis]) + 1,
  );
}
