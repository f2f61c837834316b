/** Names of the package in the page's words: "batchNormalization" -> "batch normalization". */
export function words(name: string): string {
  const known: Record<string, string> = {
    conv2d: "convolution",
    depthwiseConv2d: "depthwise convolution",
    maxPooling2d: "max pooling",
    averagePooling2d: "average pooling",
    globalAveragePooling2d: "global average pooling",
    globalMaxPooling2d: "global max pooling",
    zeroPadding2d: "zero padding",
    batchNormalization: "batch normalisation",
    simpleRnn: "simple RNN",
    lstm: "LSTM",
    gru: "GRU",
    relu: "ReLU",
    relu6: "ReLU6",
    leakyRelu: "leaky ReLU",
    elu: "ELU",
    gelu: "GELU",
    sgd: "SGD",
    adam: "Adam",
    adamw: "AdamW",
  };
  return (
    known[name] ?? name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
  );
}

const short = (value: number) => String(Number(value.toPrecision(3)));

/** The attributes that say most about a layer, in short: "16, 5 × 5, stride 2". */
export function summary(layer: { [attribute: string]: unknown }): string {
  const pair = (value: unknown) => {
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
  if (layer.padding === "same") parts.push("same");
  if (layer.rate !== undefined) parts.push(String(layer.rate));
  if (typeof layer.scale === "number") parts.push(`× ${short(layer.scale)}`);
  if (typeof layer.offset === "number") parts.push(`+ ${short(layer.offset)}`);
  if (typeof layer.activation === "string" && layer.activation !== "linear")
    parts.push(words(layer.activation));
  return parts.join(", ");
}
