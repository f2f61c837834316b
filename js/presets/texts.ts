/** Networks for texts that are sequences of ids (`data` with a text column). */
import { graphDesign, input, type Node } from "../model/graph.js";
import { layers } from "../model/layers.js";
import type { CompileOptions } from "../types/model.js";
import { adamwCycle, chain, classifying, follow, type Preset, type PresetOptions } from "./preset.js";

/** What presets for texts take. */
export interface TextOptions extends PresetOptions {
  /** Ids in a sequence. */
  length?: number;
  /** How many ids there are: the size of the vocabulary. */
  vocabulary?: number;
  /** How many classes there are. */
  classes?: number;
}

/** Words' vectors, an LSTM over them, its last state: for texts where the order counts. */
export function lstmClassifier(options: TextOptions = {}): Preset {
  const { length = 64, vocabulary = 8000, classes = 4, epochs = 4, seed = 0 } = options;
  return {
    about: "An LSTM over the words of a text.",
    source: "Hochreiter, Schmidhuber: Long short-term memory, 1997",
    spec: chain(
      "lstmClassifier",
      [length],
      [
        layers.embedding({ inputDim: vocabulary, outputDim: 64, maskZero: true }),
        layers.dropout({ rate: 0.4 }),
        layers.bidirectional({ layer: layers.lstm({ units: 64, dropout: 0.2 }) }),
        layers.dropout({ rate: 0.4 }),
        layers.dense({ units: classes, activation: "softmax" }),
      ],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.006, { weightDecay: 0.01 }), ...classifying() },
    fit: { epochs, batchSize: 64 },
  };
}

/** What `gruLanguageModel` and `tinyTransformer` take. */
export interface LanguageOptions extends PresetOptions {
  /** Ids that the network sees at once. */
  length?: number;
  /** How many ids there are. */
  vocabulary?: number;
  /** Numbers of the state, or of each position. */
  units?: number;
}

const nextId = {
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
} satisfies Pick<CompileOptions, "loss" | "metrics">;

/** A GRU that says at each character which comes next. */
export function gruLanguageModel(options: LanguageOptions = {}): Preset {
  const { length = 96, vocabulary = 96, units = 256, epochs = 6, seed = 0 } = options;
  return {
    about: "A GRU that learns which character comes next.",
    source: "Cho et al.: Learning phrase representations using RNN encoder-decoder, 2014",
    spec: chain(
      "gruLanguageModel",
      [length],
      [
        layers.embedding({ inputDim: vocabulary, outputDim: 64 }),
        layers.gru({ units, returnSequences: true }),
        layers.dropout({ rate: 0.1 }),
        layers.dense({ units: vocabulary, activation: "softmax" }),
      ],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.006), ...nextId },
    fit: { epochs, batchSize: 32 },
  };
}

/** A decoder of attention layers that says at each position which id comes next. */
export function tinyTransformer(options: LanguageOptions & { heads?: number; depth?: number } = {}): Preset {
  const { length = 96, vocabulary = 96, units = 96, heads = 4, depth = 2, epochs = 6, seed = 0 } = options;
  const start = input({ shape: [length], name: "ids" });
  let last: Node = follow(
    start,
    layers.embedding({ inputDim: vocabulary, outputDim: units }),
    layers.positionEmbedding(),
  );
  for (let block = 0; block < depth; block++) {
    const seen = follow(
      layers.layerNormalization().apply(last),
      layers.multiHeadAttention({ numHeads: heads, keyDim: units / heads, useCausalMask: true }),
    );
    last = layers.add().apply([last, seen]);
    const thought = follow(
      layers.layerNormalization().apply(last),
      layers.dense({ units: 4 * units, activation: "gelu" }),
      layers.dense({ units }),
      layers.dropout({ rate: 0.1 }),
    );
    last = layers.add().apply([last, thought]);
  }
  const end = follow(
    layers.layerNormalization().apply(last),
    layers.dense({ units: vocabulary, activation: "softmax" }),
  );
  return {
    about: "Attention that learns which character comes next.",
    source: "Vaswani et al.: Attention is all you need, 2017; normalisation first as in GPT-2",
    spec: graphDesign({ name: "tinyTransformer", seed, inputs: start, outputs: end }).spec,
    compile: { optimizer: adamwCycle(0.004, { weightDecay: 0.01 }), ...nextId },
    fit: { epochs, batchSize: 32 },
  };
}

/** Convolutions of several widths over the words of a text, each one's largest answer. */
export function textCnn(options: TextOptions = {}): Preset {
  const { length = 64, vocabulary = 8000, classes = 4, epochs = 4, seed = 0 } = options;
  const start = input({ shape: [length], name: "ids" });
  const words = follow(
    start,
    layers.embedding({ inputDim: vocabulary, outputDim: 64 }),
    layers.spatialDropout1d({ rate: 0.3 }),
  );
  const found = [3, 4, 5].map((kernelSize) =>
    follow(
      words,
      layers.conv1d({ filters: 64, kernelSize, padding: "same", activation: "relu" }),
      layers.globalMaxPooling1d(),
    ),
  );
  const end = follow(
    layers.concatenate().apply(found),
    layers.dropout({ rate: 0.5 }),
    layers.dense({ units: classes, activation: "softmax" }),
  );
  return {
    about: "Convolutions over three, four and five words, for texts where words decide.",
    source: "Kim: Convolutional neural networks for sentence classification, 2014",
    spec: graphDesign({ name: "textCnn", seed, inputs: start, outputs: end }).spec,
    compile: { optimizer: adamwCycle(0.004, { weightDecay: 0.01 }), ...classifying() },
    fit: { epochs, batchSize: 64 },
  };
}
