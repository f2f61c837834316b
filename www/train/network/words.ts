/** Names of the package in the page's words: "batchNormalization" -> "batch normalization". */
export function words(name: string): string {
  const known: Record<string, string> = {
    conv1d: "1-D convolution",
    conv2d: "convolution",
    depthwiseConv2d: "depthwise convolution",
    separableConv2d: "separable convolution",
    conv2dTranspose: "transposed convolution",
    maxPooling1d: "1-D max pooling",
    maxPooling2d: "max pooling",
    averagePooling1d: "1-D average pooling",
    averagePooling2d: "average pooling",
    globalAveragePooling1d: "1-D global average pooling",
    globalAveragePooling2d: "global average pooling",
    globalMaxPooling1d: "1-D global max pooling",
    globalMaxPooling2d: "global max pooling",
    zeroPadding2d: "zero padding",
    cropping2d: "cropping",
    upSampling2d: "upsampling",
    spatialDropout1d: "1-D spatial dropout",
    spatialDropout2d: "spatial dropout",
    gaussianNoise: "Gaussian noise",
    batchNormalization: "batch normalisation",
    simpleRnn: "simple RNN",
    lstm: "LSTM",
    gru: "GRU",
    layerNormalization: "layer normalisation",
    groupNormalization: "group normalisation",
    relu: "ReLU",
    relu6: "ReLU6",
    leakyRelu: "leaky ReLU",
    elu: "ELU",
    gelu: "GELU",
    selu: "SELU",
    silu: "SiLU",
    prelu: "PReLU",
  };
  return (
    known[name] ?? name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
  );
}

const short = (value: number) => String(Number(value.toPrecision(3)));

/** The attributes that say most about a layer, in short: "16, 5 × 5, stride 2". */
export function summary(layer: { [attribute: string]: unknown }): string {
  const isFlat = String(layer.type).endsWith("1d");
  const pair = (value: unknown) => {
    if (isFlat) return String(value);
    const [a, b] = Array.isArray(value) ? value : [value, value];
    return `${a} × ${b}`;
  };
  const isOne = (value: unknown) => (Array.isArray(value) ? value.every((v) => v === 1) : value === 1);
  const parts: string[] = [];
  if (layer.filters !== undefined) parts.push(String(layer.filters));
  if (layer.units !== undefined) parts.push(String(layer.units));
  if (layer.kernelSize !== undefined) parts.push(pair(layer.kernelSize));
  if (layer.poolSize !== undefined) parts.push(pair(layer.poolSize));
  if (layer.strides !== undefined && layer.strides !== null && !isOne(layer.strides))
    parts.push(`stride ${Array.isArray(layer.strides) ? pair(layer.strides) : layer.strides}`);
  if (layer.size !== undefined) parts.push(pair(layer.size));
  if (layer.padding === "same" || layer.padding === "causal") parts.push(layer.padding);
  if (layer.interpolation === "bilinear") parts.push("bilinear");
  if (layer.rate !== undefined) parts.push(String(layer.rate));
  if (typeof layer.scale === "number") parts.push(`× ${short(layer.scale)}`);
  if (typeof layer.offset === "number") parts.push(`+ ${short(layer.offset)}`);
  if (typeof layer.activation === "string" && layer.activation !== "linear")
    parts.push(words(layer.activation));
  return parts.join(", ");
}
