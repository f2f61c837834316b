/** Presets that are fetched when the first place has what it needs: those of the package, and some for sequences. */
import { type Preset as Packaged, presets as packaged } from "tabgrad/presets";
import type { Answer } from "../../data/answer";
import { head, outputsOf, refit } from "./head";
import type { EditedLayer, Preset, RunSettings } from "./presets";

const usual: RunSettings = {
  optimizer: "adamw",
  learningRate: 0.005,
  schedule: "oneCycle",
  labelSmoothing: 0,
  batchSize: 32,
  epochs: 10,
  seed: 7,
};

const decayed = { adamw: { weightDecay: 0.01 } };

export const morePresets: readonly Preset[] = [
  {
    id: "lenet",
    name: "LeNet-5",
    about: "Two convolutions and three dense layers, as LeCun and others read digits in 1998.",
    seen: "pictures",
    layers: (answer, { shape }) => chained(packaged.lenet({ inputShape: shape }), answer),
    run: { ...usual, learningRate: 0.003, batchSize: 64, epochs: 3 },
  },
  {
    id: "sounds",
    name: "For sounds",
    about: "Three normalised convolutions over what is heard when.",
    seen: "sounds",
    layers: (answer, { shape }) => chained(packaged.audioCnn({ inputShape: shape }), answer),
    run: { ...usual, learningRate: 0.008, labelSmoothing: 0.05, epochs: 20, attributes: decayed },
  },
  {
    id: "lstm",
    name: "Words in their order",
    about: "An LSTM reads the words forwards and backwards.",
    seen: "words",
    layers: (answer, { shape, vocabulary }) =>
      chained(packaged.lstmClassifier({ length: shape[0] ?? 1, vocabulary }), answer),
    run: { ...usual, learningRate: 0.006, batchSize: 64, epochs: 4, attributes: decayed },
  },
  {
    id: "textcnn",
    name: "Words that decide",
    about: "Convolutions over five words in a row, and what each of them found most of.",
    seen: "words",
    layers: (answer, { vocabulary }) => [
      { type: "embedding", inputDim: vocabulary, outputDim: 64 },
      { type: "spatialDropout1d", rate: 0.3 },
      { type: "conv1d", filters: 128, kernelSize: 5, padding: "same", activation: "relu" },
      { type: "globalMaxPooling1d" },
      { type: "dropout", rate: 0.5 },
      ...head(answer),
    ],
    run: { ...usual, learningRate: 0.004, batchSize: 64, epochs: 4, attributes: decayed },
  },
  {
    id: "gru",
    name: "For sequences",
    about: "A GRU goes through the rows of a sequence, and its last state answers.",
    seen: "sequences",
    layers: (answer) => recurrent("gru", answer),
    run: usual,
  },
  {
    id: "lstm-sequences",
    name: "For long sequences",
    about: "An LSTM in both directions: what came first is not forgotten.",
    seen: "sequences",
    layers: (answer) => recurrent("lstm", answer, true),
    run: usual,
  },
];

function recurrent(type: "gru" | "lstm", answer: Answer, bothWays = false): EditedLayer[] {
  const layer = { type, units: 64 };
  return [
    bothWays ? { type: "bidirectional", layer } : layer,
    { type: "dropout", rate: 0.2 },
    ...head(answer),
  ];
}

/** The layers of a chain, with an end for this answer. */
function chained({ spec }: Packaged, answer: Answer): EditedLayer[] {
  const layers = spec.nodes.map(({ layer }) => layer as unknown as EditedLayer);
  const last = layers.at(-1);
  // Probabilities are a layer of their own here, so that the end can become another.
  if (last?.type === "dense") {
    const { activation, ...dense } = last;
    layers.splice(-1, 1, { ...dense, units: outputsOf(answer) }, { type: "activation", activation });
  }
  return refit(layers, answer);
}
