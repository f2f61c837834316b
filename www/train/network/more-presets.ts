/** Presets that are fetched when the first place has what it needs: those of the package, and some for sequences. */
import { type Preset as Packaged, presets as packaged } from "tabgrad/presets";
import type { Answer } from "../../data/answer";
import { settingsOf } from "../settings/preset-recipe";
import { head, outputsOf, refit } from "./head";
import type { EditedLayer, Preset, RunSettings } from "./presets";
import { INPUT } from "./rows";

const usual: RunSettings = {
  optimizer: "adamw",
  learningRate: 0.005,
  schedule: "oneCycle",
  labelSmoothing: 0,
  batchSize: 32,
  epochs: 10,
  seed: 7,
};

export const morePresets: readonly Preset[] = [
  {
    id: "lenet",
    name: "LeNet-5",
    about: "Two convolutions and three dense layers, as LeCun and others read digits in 1998.",
    seen: "pictures",
    layers: (answer, { shape }) => listed(packaged.lenet({ inputShape: shape }), answer),
    run: settingsOf(packaged.lenet()),
  },
  {
    id: "mnistcnn",
    name: "Deep and normalised",
    about: "Five normalised convolutions and distorted digits. On MNIST 99.6% in ten epochs.",
    seen: "pictures",
    layers: (answer, { shape }) => listed(packaged.mnistCnn({ inputShape: shape }), answer),
    run: settingsOf(packaged.mnistCnn()),
  },
  {
    id: "cifarfast",
    name: "Quick for colours",
    about: "Seven convolutions, moved by Muon. On CIFAR-10 about 84% in six epochs.",
    seen: "colours",
    layers: (answer, { shape }) => listed(packaged.cifarFast({ inputShape: shape }), answer),
    run: settingsOf(packaged.cifarFast()),
  },
  {
    id: "cifarcnn",
    name: "Accurate for colours",
    about: "The same at twice the width. On CIFAR-10 about 87% in six epochs.",
    seen: "colours",
    layers: (answer, { shape }) => listed(packaged.cifarCnn({ inputShape: shape }), answer),
    run: settingsOf(packaged.cifarCnn()),
  },
  {
    id: "resnet8",
    name: "Residual, 8 layers",
    about: "Convolutions whose input is added to their output, as He and others built them in 2015.",
    seen: "colours",
    layers: (answer, { shape }) => listed(packaged.resnet8({ inputShape: shape }), answer),
    run: settingsOf(packaged.resnet8()),
  },
  {
    id: "sounds",
    name: "For sounds",
    about: "Three normalised convolutions over what is heard when.",
    seen: "sounds",
    layers: (answer, { shape }) => listed(packaged.audioCnn({ inputShape: shape }), answer),
    run: settingsOf(packaged.audioCnn()),
  },
  {
    id: "lstm",
    name: "Words in their order",
    about: "An LSTM reads the words forwards and backwards.",
    seen: "words",
    layers: (answer, { shape, vocabulary }) =>
      listed(packaged.lstmClassifier({ length: shape[0] ?? 1, vocabulary }), answer),
    run: settingsOf(packaged.lstmClassifier()),
  },
  {
    id: "textcnn",
    name: "Words that decide",
    about: "Convolutions over three, four and five words in a row, and what each of them found most of.",
    seen: "words",
    layers: (answer, { shape, vocabulary }) =>
      listed(packaged.textCnn({ length: shape[0] ?? 1, vocabulary }), answer),
    run: settingsOf(packaged.textCnn()),
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

/** The layers of a network of one input as a list, with an end for this answer. */
export function listed({ spec }: Pick<Packaged, "spec">, answer: Answer): EditedLayer[] {
  const places = new Map(spec.nodes.map(({ name }, i) => [name, i + 1]));
  const layers = spec.nodes.map(({ layer, inputs }, above): EditedLayer => {
    // What is no layer is the input.
    const [from, ...joins] = inputs.map((name) => places.get(name) ?? INPUT);
    const node = {
      id: above + 1,
      ...(from === above ? {} : { from }),
      ...(joins.length > 0 ? { joins } : {}),
    };
    return { ...(layer as unknown as EditedLayer), node };
  });
  const last = layers.at(-1);
  // Probabilities are a layer of their own here, so that the end can become another.
  if (last?.type === "dense") {
    const { activation, ...dense } = last;
    layers.splice(-1, 1, { ...dense, units: outputsOf(answer) }, { type: "activation", activation });
  }
  return refit(layers, answer);
}
