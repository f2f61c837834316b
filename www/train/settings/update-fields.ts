/** What every optimiser can be told: clipping, gathering of gradients, averages of weights. */
import type { Field, NumberSetting, Values } from "./fields";
import { positive, share } from "./ranges";

/** Where they are kept among the settings of kinds. */
export const UPDATES = "updates";

/** At most one of these, each with a limit of its own. */
const limit = (name: string, label: string, help: string): NumberSetting => ({
  kind: "number",
  name,
  label,
  help,
  range: { ...positive, such: 1 },
  unit: "gradient",
  usual: 1,
  wanted: ({ clip }) => clip === name,
});

const whole = (name: string, label: string, help: string): NumberSetting => ({
  kind: "number",
  name,
  label,
  help,
  range: { from: 1, to: 1000, whole: true },
  usual: 1,
});

const averaged = ({ useEma }: Values) => useEma === true;

export const updateFields: readonly Field[] = [
  {
    kind: "choice",
    name: "clip",
    label: "Clip gradients",
    help: "Keeps single batches from throwing the weights far off.",
    choices: {
      none: "no",
      globalClipNorm: "global norm",
      clipNorm: "norm",
      clipValue: "value",
    },
    usual: "none",
  },
  limit("globalClipNorm", "Largest global norm", "Gradients of all weights together are scaled down to it."),
  limit("clipNorm", "Largest norm", "The gradient of each tensor is scaled down to it."),
  limit("clipValue", "Largest value", "Each number of the gradient is cut off there."),
  whole(
    "gradientAccumulationSteps",
    "Accumulate, batches",
    "Gathers the gradients of so many batches, as one large batch that needs no more memory.",
  ),
  {
    kind: "switch",
    name: "useEma",
    label: "Average weights",
    help: "The model becomes a moving average of the weights, which is often steadier.",
    usual: false,
  },
  {
    kind: "number",
    name: "emaMomentum",
    label: "EMA momentum",
    help: "How much of the average an update keeps.",
    range: { ...share, such: 0.99 },
    usual: 0.99,
    wanted: averaged,
  },
  {
    ...whole("emaEvery", "EMA every, updates", "The average takes part in every update of this number only."),
    wanted: averaged,
  },
  {
    kind: "switch",
    name: "decayBiases",
    label: "Decay of biases",
    help: "Whether weight decay pulls biases and the scales of normalisations, too.",
    usual: true,
  },
];
