/** The optimisers that the page offers. */
import type { OptimizerSpec } from "tabgrad";
import type { Kind, Units, Values } from "./fields";
import {
  adjust,
  amsgrad,
  beta1,
  beta2,
  centered,
  epsilon,
  initialSquares,
  momentum,
  momentumDecay,
  nesterov,
  newtonSchulz,
  normalize,
  others,
  othersBy,
  othersBySgd,
  othersDecay,
  othersMomentum,
  rho,
  shorter,
  squareEpsilon,
  weightDecay,
} from "./optimizer-fields";

export interface OptimizerKind extends Kind {
  type: OptimizerSpec["type"];
  /** The learning rate that it usually begins with; those of different optimisers compare as these do. */
  rate: number;
  /** Whether its moves are as large as the gradients are, so that the unit of a loss decides on its rate. */
  followsGradient?: boolean;
  /** What the package wants otherwise than as a field. */
  finish?: (told: Values, units: Units) => object;
  /** The reverse: what the fields have of what the package is told, at this learning rate. */
  start?: (told: object, rate: number) => object;
}

const adaptive = "Adaptive";

/** The commonest first; a new one is one entry. */
export const optimizerKinds: readonly OptimizerKind[] = [
  {
    type: "adamw",
    name: "AdamW",
    group: adaptive,
    rate: 0.001,
    help: "Adam whose weight decay is a step of its own. A good first choice.",
    fields: [weightDecay, beta1, shorter, epsilon(1e-8), amsgrad],
  },
  {
    type: "adam",
    name: "Adam",
    group: adaptive,
    rate: 0.001,
    help: "Divides the mean gradient by its recent size, for each weight.",
    fields: [weightDecay, beta1, shorter, epsilon(1e-8), amsgrad],
  },
  {
    type: "nadam",
    name: "Nadam",
    group: adaptive,
    rate: 0.002,
    help: "Adam that looks ahead along its momentum.",
    fields: [weightDecay, beta1, beta2(0.999), epsilon(1e-8), momentumDecay],
  },
  {
    type: "rmsprop",
    name: "RMSProp",
    group: adaptive,
    rate: 0.001,
    help: "Divides each gradient by its recent size; once usual for recurrent layers.",
    fields: [weightDecay, rho(0.99), momentum(0), centered, epsilon(1e-8)],
  },
  {
    type: "adagrad",
    name: "Adagrad",
    group: adaptive,
    rate: 0.01,
    help: "Smaller steps for weights that moved much, for rare words and categories.",
    fields: [weightDecay, initialSquares, epsilon(1e-10)],
  },
  {
    type: "adadelta",
    name: "Adadelta",
    group: adaptive,
    rate: 1,
    help: "Takes the size of its steps from earlier ones; its rate is a factor around 1.",
    fields: [weightDecay, rho(0.9), squareEpsilon(1e-6)],
  },
  {
    type: "sgd",
    name: "SGD",
    group: "Gradient descent",
    rate: 0.01,
    followsGradient: true,
    help: "Straight down the gradient, with momentum. Wants a well-chosen rate.",
    fields: [momentum(0.9), nesterov(true), weightDecay],
  },
  {
    type: "lion",
    name: "Lion",
    group: "Newer",
    rate: 0.0001,
    help: "Steps of one size, by the sign of a momentum. Half the memory of Adam.",
    fields: [weightDecay, beta1, beta2(0.99)],
  },
  {
    type: "muon",
    name: "Muon",
    group: "Newer",
    rate: 0.02,
    help: "Makes the momentum of each hidden kernel orthogonal; AdamW or SGD for the rest.",
    fields: [
      others,
      momentum(0.95),
      nesterov(true),
      weightDecay,
      newtonSchulz,
      adjust,
      normalize,
      othersBy,
      othersMomentum,
      othersDecay,
      { ...epsilon(1e-8), wanted: (values) => !othersBySgd(values) },
    ],
    finish: ({ others, othersBy, othersMomentum, othersDecay, epsilon, ...told }, { gradient }) => ({
      ...told,
      others: {
        type: othersBy,
        weightDecay: othersDecay,
        ...(othersBy === "sgd"
          ? // Its steps are as large as gradients are.
            { learningRate: (others as number) / gradient, momentum: othersMomentum, nesterov: true }
          : { learningRate: others, epsilon }),
      },
    }),
    start: (told, rate) => {
      const { others, ...own } = told as Extract<OptimizerSpec, { type: "muon" }>;
      if (typeof others !== "object") return own;
      const { type, learningRate, weightDecay, ...more } = others;
      return {
        ...own,
        othersBy: type,
        others: (learningRate as number) / rate,
        othersDecay: weightDecay,
        othersMomentum: (more as { momentum?: number }).momentum,
      };
    },
  },
];

/** The line of an optimiser; one that nobody knows is taken for the first. */
export function optimizer(type: string): OptimizerKind {
  return optimizerKinds.find((kind) => kind.type === type) ?? (optimizerKinds[0] as OptimizerKind);
}
