/** What optimisers have of their own; values are PyTorch's, besides those measured here. */
import { isNumber } from "../../data/answer";
import type { ChoiceSetting, NumberSetting, SwitchSetting, Values } from "./fields";
import { notNegative, positive, share } from "./ranges";
import { schedule } from "./schedule-kinds";

export const momentum = (usual: number): NumberSetting => ({
  kind: "number",
  name: "momentum",
  label: "Momentum",
  help: "How much of the last move is kept.",
  range: { ...share, such: 0.9 },
  usual,
});

export const nesterov = (usual: boolean): SwitchSetting => ({
  kind: "switch",
  name: "nesterov",
  label: "Nesterov",
  help: "Looks ahead along the momentum.",
  usual,
});

export const beta1: NumberSetting = {
  kind: "number",
  name: "beta1",
  label: "Beta 1",
  help: "How much the mean of the gradients keeps of itself.",
  range: { ...share, such: 0.9 },
  usual: 0.9,
};

export const beta2 = (usual: NumberSetting["usual"]): NumberSetting => ({
  kind: "number",
  name: "beta2",
  label: "Beta 2",
  help: "How much the mean of their squares keeps of itself.",
  range: { ...share, such: 0.999 },
  usual,
});

/** With a schedule that ends at zero a shorter memory of the squares does better on MNIST, in one epoch the more. */
export const shorter = beta2(({ run }) =>
  schedule(run.schedule).endsLow ? (run.epochs === 1 ? 0.95 : 0.99) : 0.999,
);

export const rho = (usual: number): NumberSetting => ({
  ...beta2(usual),
  name: "rho",
  label: "Rho",
  help: "How much the mean of the squared gradients keeps of itself.",
  range: { ...share, such: 0.9 },
});

/** Added to squares that both the steps and the gradients have, it belongs to no unit. */
export const squareEpsilon = (usual: number): NumberSetting => ({
  kind: "number",
  name: "epsilon",
  label: "Epsilon",
  help: "Keeps the division by small gradients finite.",
  range: { ...positive, such: usual },
  usual,
});

export const epsilon = (usual: number): NumberSetting => ({
  ...squareEpsilon(usual),
  unit: "gradient",
  usual: ({ answer }) => (isNumber(answer) ? EPSILON : usual),
});

/** Where numbers have a deviation of 1. */
const EPSILON = 1e-7;

export const weightDecay: NumberSetting = {
  kind: "number",
  name: "weightDecay",
  label: "Weight decay",
  help: "Pulls the weights towards 0 at each step.",
  range: { ...notNegative, such: 0.01 },
  usual: 0,
};

export const othersDecay: NumberSetting = {
  ...weightDecay,
  name: "othersDecay",
  label: "Others’ weight decay",
  help: "Pulls them towards 0 at each step.",
  usual: ({ run }) => Number(run.attributes?.muon?.weightDecay ?? 0),
};

export const amsgrad: SwitchSetting = {
  kind: "switch",
  name: "amsgrad",
  label: "AMSGrad",
  help: "Goes by the largest squares so far, so that no step becomes larger again.",
  usual: false,
};

export const centered: SwitchSetting = {
  kind: "switch",
  name: "centered",
  label: "Centred",
  help: "Divides by the deviation of the gradients from their mean.",
  usual: false,
};

export const momentumDecay: NumberSetting = {
  kind: "number",
  name: "momentumDecay",
  label: "Momentum decay",
  help: "How fast the momentum comes to beta 1.",
  range: { ...notNegative, such: 0.004 },
  usual: 0.004,
};

export const initialSquares: NumberSetting = {
  kind: "number",
  name: "initialAccumulatorValue",
  label: "Initial accumulator",
  help: "What the sum of the squared gradients begins with.",
  range: { ...notNegative, such: 0.1 },
  usual: 0,
};

export const newtonSchulz: NumberSetting = {
  kind: "number",
  name: "steps",
  label: "Newton–Schulz steps",
  help: "How exactly the momentum is made orthogonal.",
  range: { from: 1, to: 20, whole: true },
  usual: 5,
};

export const adjust: ChoiceSetting = {
  kind: "choice",
  name: "adjust",
  label: "Size of steps",
  help: "How the step of a matrix goes by its inputs and outputs.",
  choices: { original: "by the shape", matchRmsAdamw: "as AdamW", none: "not adjusted" },
  usual: "original",
};

export const normalize: SwitchSetting = {
  kind: "switch",
  name: "normalize",
  label: "Normalised kernels",
  help: "Keeps the size of each matrix, where a normalisation behind it makes that irrelevant.",
  usual: false,
};

export const othersBy: ChoiceSetting = {
  kind: "choice",
  name: "othersBy",
  label: "Others by",
  help: "What moves biases, the last layer and other parameters that are no hidden matrix.",
  choices: { adamw: "AdamW", sgd: "SGD" },
  usual: "adamw",
};

/** Whether that is plain gradient descent. */
export const othersBySgd = ({ othersBy }: Values) => othersBy === "sgd";

export const othersMomentum: NumberSetting = {
  ...momentum(0.9),
  name: "othersMomentum",
  label: "Others’ momentum",
  wanted: othersBySgd,
};

export const others: NumberSetting = {
  kind: "number",
  name: "others",
  label: "Others’ share of rate",
  help: "Biases, the last layer and other parameters that are no hidden matrix have this share of the rate.",
  range: { ...positive, such: 0.05 },
  unit: "rate",
  usual: 0.05,
};
