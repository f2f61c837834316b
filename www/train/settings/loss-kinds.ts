/** The losses that the page offers: those that take what its datasets answer, a class or a number. */
import type { LossSpec } from "tabgrad";
import { type Answer, isNumber, type NumberAnswer } from "../../data/answer";
import type { EditedLayer, RunSettings } from "../network/presets";
import type { Kind, NumberSetting } from "./fields";
import { notNegative, positive } from "./ranges";

export interface LossKind extends Kind {
  type: LossSpec["type"];
  /** Whether labels are smoothed for it. */
  smooths?: boolean;
  /** Of numbers: how large its gradient is beside that of numbers that deviate by 1; the square of the deviation if not given. */
  gradient?: (numbers: NumberAnswer) => number;
  /** How its curve is drawn: what it is called, and whether its root is, which then has the unit of the numbers. */
  curve: { title: string; root?: boolean };
  /** Why a network that ends so cannot be trained by it, in words; empty if it can. */
  refusal?: (layers: readonly EditedLayer[]) => string;
}

const alpha: NumberSetting = {
  kind: "number",
  name: "alpha",
  label: "Alpha",
  help: "What the whole loss is multiplied by.",
  range: { ...positive, such: 0.25 },
  usual: 0.25,
};

const gamma: NumberSetting = {
  kind: "number",
  name: "gamma",
  label: "Gamma",
  help: "How little counts what is answered well already; with 0 all counts the same.",
  range: { ...notNegative, such: 2 },
  usual: 2,
  main: true,
};

const delta: NumberSetting = {
  kind: "number",
  name: "delta",
  label: "Delta, deviations",
  help: "The error from which on it grows no faster, in standard deviations of the numbers.",
  range: { ...positive, such: 1 },
  unit: "deviation",
  usual: 1,
  main: true,
};

/** Of classes, the usual first; a new one is one entry. */
const ofClasses: readonly LossKind[] = [
  {
    type: "sparseCategoricalCrossentropy",
    name: "cross-entropy",
    group: "Of classes",
    help: "How unlikely the right class was. The usual choice.",
    fields: [],
    smooths: true,
    curve: { title: "Loss" },
  },
  {
    type: "categoricalFocalCrossentropy",
    name: "focal",
    group: "Of classes",
    help: "Cross-entropy in which what is answered well counts little, for rare classes.",
    fields: [gamma, alpha],
    smooths: true,
    curve: { title: "Loss, focal" },
  },
  {
    type: "categoricalHinge",
    name: "hinge",
    group: "Of classes",
    help: "What the right class lacks of a lead of 1 before the best of the others.",
    fields: [],
    curve: { title: "Loss, hinge" },
  },
];

/** Where counts are estimated, outputs that cannot be negative. */
const COUNTS = ["relu", "relu6", "softplus", "exponential", "sigmoid", "hardSigmoid"];

const ofNumbers: readonly LossKind[] = [
  {
    type: "meanSquaredError",
    name: "squared error",
    group: "Of numbers",
    help: "The square of how far off it is; large errors count most. The usual choice.",
    fields: [],
    curve: { title: "Root mean squared error", root: true },
  },
  {
    type: "meanAbsoluteError",
    name: "absolute error",
    group: "Of numbers",
    help: "How far off it is; outliers count no more than others, and the median is learnt.",
    fields: [],
    gradient: ({ deviation }) => deviation,
    curve: { title: "Loss, absolute error" },
  },
  {
    type: "huber",
    name: "Huber",
    group: "Of numbers",
    help: "Squared for small errors, absolute for large ones.",
    fields: [delta],
    curve: { title: "Loss, Huber" },
  },
  {
    type: "logCosh",
    name: "log-cosh",
    group: "Of numbers",
    help: "As Huber without a corner: squared well below an error of 1, absolute well above it.",
    fields: [],
    // The slope is tanh of the error, which is about one deviation.
    gradient: ({ deviation }) => deviation * Math.tanh(deviation),
    curve: { title: "Loss, log-cosh" },
  },
  {
    type: "poisson",
    name: "Poisson",
    group: "Of numbers",
    help: "How unlikely a count was. For counts from 0 on, and a network whose answer is never negative.",
    fields: [],
    // The slope is the error as a share of the count.
    gradient: ({ deviation, mean }) => (mean > 0 ? deviation ** 2 / mean : deviation),
    curve: { title: "Loss, Poisson" },
    refusal: (layers) =>
      COUNTS.includes(String(layers.at(-1)?.activation))
        ? ""
        : "The Poisson loss wants an answer that is never negative. End the network in an activation such as softplus, or choose another loss.",
  },
];

export const lossKinds: readonly LossKind[] = [...ofClasses, ...ofNumbers];

/** Those that take such an answer. */
export function lossesFor(answer: Answer): readonly LossKind[] {
  return isNumber(answer) ? ofNumbers : ofClasses;
}

/** The loss of a run; one that does not take the answer is taken for the usual. */
export function lossOf({ losses }: RunSettings, answer: Answer): LossKind {
  const kinds = lossesFor(answer);
  const wanted = isNumber(answer) ? losses?.numbers : losses?.classes;
  return kinds.find(({ type }) => type === wanted) ?? (kinds[0] as LossKind);
}
