/** What an optimiser or a schedule can be told besides its learning rate, as the page asks for it. */
import type { Answer } from "../../data/answer";
import type { RunSettings } from "../network/presets";
import { problemOf, type Range, said } from "./ranges";

export type Value = number | boolean | string | readonly number[];

/** Values by the names that they have in the package. */
export interface Values {
  readonly [name: string]: Value;
}

/** What may decide on a value that nobody gave. */
export interface Context {
  run: RunSettings;
  answer: Answer;
}

interface Common<V extends Value> {
  /** As the package calls it. */
  name: string;
  label: string;
  help: string;
  /** What is taken if nothing was given. */
  usual: V | ((context: Context) => V);
  /** Shown with the kind, not behind "More settings". */
  main?: boolean;
  /** Left out, of the page and of what the package is told, where this says no. */
  wanted?: (values: Values) => boolean;
  /** What else is wrong with a value that is in range, in words; empty if nothing is. */
  wrong?: (value: V, values: Values, context: Context) => string;
}

type Unit = "epochs" | "rate" | "gradient" | "deviation";

export interface NumberSetting extends Common<number> {
  kind: "number";
  range: Range;
  /**
   * What it is given in, if the package wants another: epochs instead of steps, shares of the learning rate
   * instead of rates, gradients of a loss whose numbers deviate by 1 instead of those that there are, deviations
   * instead of the unit of the numbers.
   */
  unit?: Unit;
}

export interface ListSetting extends Common<readonly number[]> {
  kind: "list";
  /** Of each number. */
  range: Range;
  unit?: "epochs" | "rate";
}

export interface SwitchSetting extends Common<boolean> {
  kind: "switch";
}

export interface ChoiceSetting extends Common<string> {
  kind: "choice";
  choices: Readonly<Record<string, string>>;
}

export type Field = NumberSetting | ListSetting | SwitchSetting | ChoiceSetting;

/** One of several things of a sort: a line of a table. */
export interface Kind {
  /** As the package calls it. */
  type: string;
  name: string;
  group: string;
  /** What it does, in a line. */
  help: string;
  fields: readonly Field[];
}

/** What was given, and for the rest what is usual. */
export function resolved(fields: readonly Field[], given: Values, context: Context): Values {
  return Object.fromEntries(fields.map((field) => [field.name, given[field.name] ?? usual(field, context)]));
}

export function usual({ usual }: Field, context: Context): Value {
  return typeof usual === "function" ? usual(context) : usual;
}

/** What is wrong with the value of a field, in words; empty if nothing is, or if it is not asked for. */
export function fieldProblem(field: Field, values: Values, context: Context): string {
  if (field.wanted?.(values) === false) return "";
  const value = values[field.name];
  switch (field.kind) {
    case "number":
      return problemOf(value, field.range) || (field.wrong?.(value as number, values, context) ?? "");
    case "list": {
      const sound = Array.isArray(value) && value.length > 0;
      if (!sound || value.some((one) => problemOf(one, field.range) !== ""))
        return `Expected numbers ${said(field.range)}, with commas between them.`;
      return field.wrong?.(value, values, context) ?? "";
    }
    case "switch":
      return typeof value === "boolean" ? "" : "Expected yes or no.";
    case "choice":
      return Object.hasOwn(field.choices, String(value)) ? "" : "Choose one of these.";
  }
}

/** Whether all fields of a kind have sound values. */
export function areSound(fields: readonly Field[], given: Values, context: Context): boolean {
  const values = resolved(fields, given, context);
  return fields.every((field) => fieldProblem(field, values, context) === "");
}

/** How many fields were given another value than the usual. */
export function changes(fields: readonly Field[], given: Values, context: Context): number {
  const values = resolved(fields, given, context);
  const same = (field: Field) => String(values[field.name]) === String(usual(field, context));
  return fields.filter((field) => field.wanted?.(values) !== false && !same(field)).length;
}

/** How units become those of the package. */
export interface Units {
  /** Steps of so many epochs. */
  steps: (epochs: number) => number;
  learningRate: number;
  /** How much larger gradients are than those of numbers that deviate by 1. */
  gradient: number;
  /** The standard deviation of the numbers to be estimated; 1 of classes. */
  deviation: number;
}

/** What the package is told of these values. */
export function packaged(fields: readonly Field[], values: Values, units: Units): Values {
  const told: { [name: string]: Value } = {};
  for (const field of fields) {
    const value = values[field.name] as Value;
    if (field.wanted?.(values) === false) continue;
    told[field.name] =
      field.kind === "number" || field.kind === "list" ? inUnit(value, field.unit, units) : value;
  }
  return told;
}

function inUnit(value: Value, unit: Unit | undefined, units: Units): Value {
  if (Array.isArray(value)) return value.map((one) => inUnit(one, unit, units) as number);
  const number = value as number;
  if (unit === "epochs") return units.steps(number);
  if (unit === "rate") return number * units.learningRate;
  if (unit === "deviation") return number * units.deviation;
  return unit === "gradient" ? number * units.gradient : number;
}
