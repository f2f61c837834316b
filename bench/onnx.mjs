// Writes a network as an ONNX model, for ONNX Runtime. Images are [batch, channels, height, width] there; words come
// as floats and become whole numbers inside.

import { createRequire } from "node:module";
import { paddingOf, shapesOf, windowOf } from "./shapes.js";

const OPSET = 13;

/**
 * @param {object} spec tabgrad's ModelSpec
 * @param {{ name: string, shape: number[], data: Float32Array }[]} weights
 * @returns {Uint8Array}
 */
export function writeOnnx(spec, weights) {
  // Read only now: the package is one that the benchmark installs.
  const { onnx } = createRequire(import.meta.url)("onnx-proto");
  const float = onnx.TensorProto.DataType.FLOAT;
  const shapes = shapesOf(spec);
  const byName = Object.fromEntries(weights.map((weight) => [weight.name, weight]));
  const nodes = [];
  const initializers = [];

  const attribute = (name, value) => {
    const types = onnx.AttributeProto.AttributeType;
    if (Array.isArray(value)) return { name, type: types.INTS, ints: value };
    return Number.isInteger(value)
      ? { name, type: types.INT, i: value }
      : { name, type: types.FLOAT, f: value };
  };
  const emit = (opType, input, output, attributes = {}) => {
    const list = Object.entries(attributes).map(([name, value]) => attribute(name, value));
    nodes.push({ opType, name: output, input, output: [output], attribute: list });
  };
  const constant = (name, dims, data) => {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    initializers.push({ name, dataType: float, dims, rawData });
    return name;
  };
  const shapeConstant = (name, lengths) => {
    const rawData = new Uint8Array(BigInt64Array.from(lengths, BigInt).buffer);
    const { INT64 } = onnx.TensorProto.DataType;
    initializers.push({ name, dataType: INT64, dims: [lengths.length], rawData });
    return name;
  };
  const weight = (node, parameter) => {
    const name = `${node.name}/${parameter}`;
    return byName[name] && constant(name, byName[name].shape, byName[name].data);
  };

  for (const node of spec.nodes) {
    const { name, layer, inputs } = node;
    const input = shapes[inputs[0]];
    const activation = layer.activation === "linear" ? undefined : layer.activation;
    const output = layer.type !== "activation" && activation ? `${name}/linear` : name;
    switch (layer.type) {
      case "conv2d":
      case "depthwiseConv2d": {
        const kernel = byName[`${name}/kernel`];
        const order = layer.type === "conv2d" ? [3, 2, 0, 1] : [2, 3, 0, 1];
        const { shape, data } = transpose(kernel, order);
        const group = layer.type === "conv2d" ? 1 : input[2];
        const bias = weight(node, "bias");
        emit("Conv", [...inputs, constant(kernel.name, shape, data), ...(bias ? [bias] : [])], output, {
          ...windowAttributes(layer, input),
          group,
        });
        break;
      }
      case "maxPooling2d":
        emit("MaxPool", inputs, output, windowAttributes(layer, input));
        break;
      case "globalAveragePooling2d":
        emit("GlobalAveragePool", inputs, `${name}/image`);
        emit("Flatten", [`${name}/image`], output, { axis: 1 });
        break;
      case "flatten":
        emit("Flatten", inputs, output, { axis: 1 });
        break;
      case "dense": {
        const kernel = byName[`${name}/kernel`];
        const source = spec.nodes.find((other) => other.name === inputs[0]);
        const image = source?.layer.type === "flatten" ? shapes[source.inputs[0]] : undefined;
        const data = image ? channelsFirstRows(kernel, image) : kernel.data;
        const parameters = [constant(kernel.name, kernel.shape, data), weight(node, "bias")].filter(Boolean);
        emit("Gemm", [...inputs, ...parameters], output);
        break;
      }
      case "batchNormalization":
        emit(
          "BatchNormalization",
          [...inputs, ...["gamma", "beta", "movingMean", "movingVariance"].map((part) => weight(node, part))],
          output,
          { epsilon: layer.epsilon ?? 1e-3 },
        );
        break;
      case "embedding": {
        emit("Cast", inputs, `${name}/words`, { to: onnx.TensorProto.DataType.INT64 });
        emit("Gather", [weight(node, "embeddings"), `${name}/words`], output);
        break;
      }
      case "lstm": {
        emit("Transpose", inputs, `${name}/steps`, { perm: [1, 0, 2] });
        const parameters = lstmParameters(byName, node).map(({ name, dims, data }) =>
          constant(name, dims, data),
        );
        nodes.push({
          opType: "LSTM",
          name: `${name}/lstm`,
          input: [`${name}/steps`, ...parameters],
          output: ["", `${name}/last`],
          attribute: [attribute("hidden_size", layer.units)],
        });
        emit("Reshape", [`${name}/last`, shapeConstant(`${name}/shape`, [-1, layer.units])], output);
        break;
      }
      case "add":
        emit("Add", inputs, output);
        break;
      case "activation":
        break;
      default:
        throw new Error(`onnx: there is no translation of the layer "${layer.type}"`);
    }
    if (activation) {
      const from = layer.type === "activation" ? inputs[0] : output;
      if (activation === "relu") emit("Relu", [from], name);
      else if (activation === "softmax") emit("Softmax", [from], name, { axis: -1 });
      else if (activation === "relu6") {
        const limits = [
          constant(`${name}/least`, [], Float32Array.of(0)),
          constant(`${name}/most`, [], Float32Array.of(6)),
        ];
        emit("Clip", [from, ...limits], name);
      } else throw new Error(`onnx: there is no translation of the activation "${activation}"`);
    }
  }

  const value = (name, dims) => ({
    name,
    type: { tensorType: { elemType: float, shape: { dim: [{ dimParam: "batch" }, ...dims] } } },
  });
  const fixed = (lengths) => lengths.map((dimValue) => ({ dimValue }));
  const [{ name: inputName, shape }] = spec.inputs;
  const [height, width, channels] = shape;
  const model = {
    irVersion: 7,
    producerName: "tabgrad-bench",
    opsetImport: [{ domain: "", version: OPSET }],
    graph: {
      name: spec.name,
      node: nodes,
      initializer: initializers,
      input: [value(inputName, fixed(shape.length === 3 ? [channels, height, width] : shape))],
      output: [value(spec.outputs[0], fixed(shapes[spec.outputs[0]]))],
    },
  };
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish();
}

/** The parameters of an LSTM as ONNX has them: gates in the order i, o, f, c, biases of inputs and of the state. */
function lstmParameters(byName, { name, layer: { units } }) {
  const blocks = [0, 3, 1, 2];
  const gates = ({ shape: [rows], data }) => {
    const turned = new Float32Array(data.length);
    for (const [to, from] of blocks.entries()) {
      for (let unit = 0; unit < units; unit++) {
        for (let row = 0; row < rows; row++) {
          turned[(to * units + unit) * rows + row] = data[row * 4 * units + from * units + unit];
        }
      }
    }
    return turned;
  };
  const [kernel, recurrent] = ["kernel", "recurrentKernel"].map((part) => byName[`${name}/${part}`]);
  const bias = byName[`${name}/bias`].data;
  const biases = new Float32Array(8 * units);
  for (const [to, from] of blocks.entries()) {
    biases.set(bias.subarray(from * units, (from + 1) * units), to * units);
  }
  return [
    { name: kernel.name, dims: [1, 4 * units, kernel.shape[0]], data: gates(kernel) },
    { name: recurrent.name, dims: [1, 4 * units, units], data: gates(recurrent) },
    { name: `${name}/biases`, dims: [1, 8 * units], data: biases },
  ];
}

function windowAttributes(layer, input) {
  const { size, strides } = windowOf(layer);
  const [[top, bottom], [left, right]] = paddingOf(layer, input);
  return { kernel_shape: size, strides, pads: [top, left, bottom, right] };
}

/** Axis i of the result is axis `order[i]` of the tensor. */
export function transpose({ shape, data }, order) {
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  const newShape = order.map((axis) => shape[axis]);
  const result = new Float32Array(data.length);
  const index = order.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    let from = 0;
    for (let axis = 0; axis < order.length; axis++) from += index[axis] * strides[order[axis]];
    result[i] = data[from];
    for (let axis = order.length - 1; axis >= 0 && ++index[axis] === newShape[axis]; axis--) index[axis] = 0;
  }
  return { shape: newShape, data: result };
}

/** The rows of a dense kernel after Flatten, which goes channel by channel there and pixel by pixel here. */
function channelsFirstRows({ shape: [rows, units], data }, [height, width, channels]) {
  if (rows !== height * width * channels)
    throw new Error(`onnx: a dense kernel of ${rows} rows after ${height}x${width}x${channels}`);
  return transpose({ shape: [height, width, channels, units], data }, [2, 0, 1, 3]).data;
}
