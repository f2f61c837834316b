/** What the page can measure besides the loss. */
import type { MetricSpec } from "tabgrad";
import { type Answer, isNumber } from "../../data/answer";
import { measure, percent } from "../../shared/format";
import type { RunSettings } from "../network/presets";
import { type Context, type Kind, type NumberSetting, resolved } from "./fields";

export interface MetricKind extends Kind {
  type: MetricSpec["type"];
  /** Its name in logs, if that is not its type. */
  log?: (attributes: object) => string;
  format: (value: number) => string;
  /** Measured always, as it is drawn. */
  always?: boolean;
  /** Whether it says something of so many classes. */
  wanted?: (classes: number) => boolean;
}

/** A value that was measured, as it is shown. */
export interface Measured {
  type: string;
  name: string;
  help: string;
  text: string;
}

const fine = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : "–");

const k: NumberSetting = {
  kind: "number",
  name: "k",
  label: "K of top k",
  help: "Among how many of the most probable classes the right one is looked for.",
  range: { from: 2, to: 1000, whole: true },
  usual: ({ answer }) => Math.max(2, Math.min(5, classesOf(answer) - 1)),
  wrong: (k, _, { answer }) =>
    k < classesOf(answer) ? "" : `Expected fewer than the ${classesOf(answer)} classes.`,
};

const classesOf = (answer: Answer) => (isNumber(answer) ? 1 : answer.classes);

const [right, all, probable] = ["Of decisions", "Of all orders", "Of probabilities"];

/** Of classes; a new one is one entry. */
const ofClasses: readonly MetricKind[] = [
  {
    type: "accuracy",
    name: "Accuracy",
    group: right,
    help: "The share of right answers.",
    fields: [],
    format: percent,
    always: true,
  },
  {
    type: "topKAccuracy",
    name: "Top-k accuracy",
    group: right,
    help: "How often the right class is among the k most probable.",
    fields: [k],
    log: (attributes) => `top${(attributes as { k: number }).k}Accuracy`,
    format: percent,
    wanted: (classes) => classes > 2,
  },
  {
    type: "balancedAccuracy",
    name: "Balanced accuracy",
    group: right,
    help: "The mean of the classes’ recalls, so that rare classes count as much.",
    fields: [],
    format: percent,
  },
  {
    type: "precision",
    name: "Precision",
    group: right,
    help: "Of what was called a class, the share that is; the mean of the classes.",
    fields: [],
    format: percent,
  },
  {
    type: "recall",
    name: "Recall",
    group: right,
    help: "Of what is of a class, the share that was called so; the mean of the classes.",
    fields: [],
    format: percent,
  },
  {
    type: "f1Score",
    name: "F1, macro",
    group: right,
    help: "The harmonic mean of precision and recall; the mean of the classes.",
    fields: [],
    format: percent,
  },
  {
    type: "cohenKappa",
    name: "Cohen’s kappa",
    group: right,
    help: "Agreement beyond chance: 1 is all, 0 no more than by chance.",
    fields: [],
    format: fine,
  },
  {
    type: "rocAuc",
    name: "ROC AUC",
    group: all,
    help: "How often a sample of a class has a higher score for it than one of another.",
    fields: [],
    format: fine,
  },
  {
    type: "averagePrecision",
    name: "Average precision",
    group: all,
    help: "The mean precision over all recalls, for rare classes.",
    fields: [],
    format: fine,
  },
  {
    type: "expectedCalibrationError",
    name: "Calibration error",
    group: probable,
    help: "How far confidences are from how often they are right; 0 is best.",
    fields: [],
    format: percent,
  },
  {
    type: "logLoss",
    name: "Log loss",
    group: probable,
    help: "The mean of −ln p of the right class, without smoothing and weights.",
    fields: [],
    format: fine,
  },
  {
    type: "perplexity",
    name: "Perplexity",
    group: probable,
    help: "Among how many equally likely classes it would waver as much.",
    fields: [],
    format: fine,
  },
];

const ofNumbers: readonly MetricKind[] = [
  {
    type: "meanAbsoluteError",
    name: "Mean absolute error",
    group: "Of numbers",
    help: "How far off it is on average, in the unit of the numbers.",
    fields: [],
    format: measure,
    always: true,
  },
  {
    type: "meanSquaredError",
    name: "Mean squared error",
    group: "Of numbers",
    help: "The mean of the squared differences.",
    fields: [],
    format: measure,
  },
  {
    type: "rootMeanSquaredError",
    name: "Root mean squared error",
    group: "Of numbers",
    help: "The root of that, in the unit of the numbers.",
    fields: [],
    format: measure,
  },
  {
    type: "r2Score",
    name: "R²",
    group: "Of numbers",
    help: "The share of the differences that is explained: 1 is all, 0 no more than the mean says.",
    fields: [],
    format: fine,
  },
];

export const metricKinds: readonly MetricKind[] = [...ofClasses, ...ofNumbers];

/** Those that say something of such an answer. */
export function metricsFor(answer: Answer): readonly MetricKind[] {
  if (isNumber(answer)) return ofNumbers;
  return ofClasses.filter(({ wanted }) => wanted?.(answer.classes) ?? true);
}

/** Those that a run measures. */
export function metricsOf({ metrics = [] }: RunSettings, answer: Answer): readonly MetricKind[] {
  return metricsFor(answer).filter(({ type, always }) => always || metrics.includes(type));
}

/** A metric as the package is told of it. */
export function metricSpec({ type, fields }: MetricKind, context: Context): MetricSpec {
  const spec: object = { type, ...resolved(fields, context.run.attributes?.[type] ?? {}, context) };
  return spec as MetricSpec;
}

/** What was measured of what had to be ticked; `prefix` is "val" for the numbers of validation. */
export function measured(logs: { [name: string]: number }, context: Context, prefix = ""): Measured[] {
  return metricsOf(context.run, context.answer).flatMap((kind) => {
    const name = kind.log?.(metricSpec(kind, context)) ?? kind.type;
    const value = logs[prefix ? `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}` : name];
    if (kind.always || value === undefined) return [];
    return [{ type: kind.type, name: shown(kind, context), help: kind.help, text: kind.format(value) }];
  });
}

/** "Top-3 accuracy", where the number is known. */
function shown({ type, name, fields }: MetricKind, context: Context): string {
  if (type !== "topKAccuracy") return name;
  const { k } = resolved(fields, context.run.attributes?.[type] ?? {}, context);
  return name.replace("-k", `-${k}`);
}
