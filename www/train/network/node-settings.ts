/** What is said of a layer besides its attributes: its name, what it takes, and how its weights are trained. */
import type { NodeSpec } from "tabgrad";
import type { NumberSetting } from "../settings/fields";
import { fits, notNegative, positive, problemOf } from "../settings/ranges";
import type { EditedLayer } from "./presets";

export interface NodeSettings {
  /** Its number, by which others take it; see rows.ts. */
  id?: number;
  /** What it takes, if not what is above it. */
  from?: number;
  /** What it takes besides. */
  joins?: readonly number[];
  name?: string;
  /** Training leaves its weights as they are. */
  frozen?: boolean;
  /** Penalties on its weights, and a limit on their norm. */
  l1?: number;
  l2?: number;
  maxNorm?: number;
}

interface WeightSetting extends NumberSetting {
  name: "l1" | "l2" | "maxNorm";
}

const setting = (name: WeightSetting["name"], label: string, such: number, help: string): WeightSetting => ({
  kind: "number",
  name,
  label,
  help,
  range: { ...notNegative, such },
  usual: 0,
});

/** The numbers among them, as they are asked for; 0 is none. */
export const weightFields: readonly WeightSetting[] = [
  setting("l1", "L1 penalty", 0.0001, "What the loss grows by for each weight, times its size."),
  setting("l2", "L2 penalty", 0.0001, "What the loss grows by for each weight, times its square."),
  setting(
    "maxNorm",
    "largest norm",
    3,
    "The weights of each output are scaled down to this norm; 0 for no limit.",
  ),
];

/** The weights that are multiplied by inputs, by the kind of the layer; biases and scales are not among them. */
const kernels: Readonly<Record<string, readonly string[]>> = {
  separableConv2d: ["depthwiseKernel", "pointwiseKernel"],
  simpleRnn: ["kernel", "recurrentKernel"],
  lstm: ["kernel", "recurrentKernel"],
  gru: ["kernel", "recurrentKernel"],
  bidirectional: ["forwardKernel", "forwardRecurrentKernel", "backwardKernel", "backwardRecurrentKernel"],
  multiHeadAttention: ["queryKernel", "keyKernel", "valueKernel", "outputKernel"],
  embedding: ["embeddings"],
  positionEmbedding: ["embeddings"],
};
const plain = ["conv1d", "conv2d", "depthwiseConv2d", "conv2dTranspose", "dense"];

export function kernelsOf({ type, layer }: EditedLayer): readonly string[] {
  if (type === "timeDistributed") return layer ? kernelsOf(layer as EditedLayer) : [];
  return kernels[type] ?? (plain.includes(type) ? ["kernel"] : []);
}

/** What is wrong with them, in words; empty if nothing is. */
export function settingsProblem({ name, ...settings }: NodeSettings): string {
  if (name !== undefined && name.trim() === "") return "Give the layer a name, or none.";
  // Weights are called by layer and parameter, with a slash between them.
  if (name?.includes("/")) return `The name is ${name}. Choose one without a slash.`;
  for (const { name, label, range } of weightFields) {
    const problem = problemOf(settings[name] ?? 0, range);
    if (problem) return `${label}: ${problem}`;
  }
  return "";
}

/** How its weights are trained, as the package is told. */
export function trainedAs(layer: EditedLayer): Pick<NodeSpec, "trainable" | "regularizers" | "constraints"> {
  const { frozen, l1 = 0, l2 = 0, maxNorm = 0 } = layer.node ?? {};
  const each = <Value>(value: Value) => Object.fromEntries(kernelsOf(layer).map((name) => [name, value]));
  const has = kernelsOf(layer).length > 0;
  return {
    ...(frozen ? { trainable: false } : {}),
    ...(has && (l1 > 0 || l2 > 0) ? { regularizers: each({ l1, l2 }) } : {}),
    ...(has && fits(maxNorm, positive) ? { constraints: each({ maxNorm }) } : {}),
  };
}

/** The same in short, in front of the rest: "stem, frozen, L2 0.0001". */
export function noted({ name, frozen, l1 = 0, l2 = 0, maxNorm = 0 }: NodeSettings): string[] {
  return [
    ...(name ? [name] : []),
    ...(frozen ? ["frozen"] : []),
    ...(l1 > 0 ? [`L1 ${l1}`] : []),
    ...(l2 > 0 ? [`L2 ${l2}`] : []),
    ...(maxNorm > 0 ? [`norm to ${maxNorm}`] : []),
  ];
}

/** Settings as a browser kept them; what is none of them is left out. */
export function asNodeSettings(value: unknown): NodeSettings {
  const given = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const { name, frozen, joins } = given;
  const numbers = ["id", "from"].filter((key) => Number.isSafeInteger(given[key]));
  const weights = weightFields.map(({ name }) => name).filter((key) => fits(given[key], notNegative));
  const kept = [...numbers, ...weights].map((key) => [key, given[key]]);
  return {
    ...(Object.fromEntries(kept) as NodeSettings),
    ...(typeof name === "string" && name.trim() !== "" ? { name } : {}),
    ...(frozen === true ? { frozen } : {}),
    ...(Array.isArray(joins) && joins.every(Number.isSafeInteger) ? { joins } : {}),
  };
}
