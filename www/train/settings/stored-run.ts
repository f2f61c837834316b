/** Settings of a run as a browser kept them, maybe by an earlier version of the page. */

import type { RunSettings } from "../network/presets";
import type { Value, Values } from "./fields";

/** The settings that were kept, the rest as in `usual`; undefined if that is none. */
export function asRunSettings(value: unknown, usual: RunSettings): RunSettings | undefined {
  const { attributes, weightDecay, losses, metrics, augmentation, ...run } = (value ??
    {}) as Partial<RunSettings> & {
    weightDecay?: unknown;
  };
  const numbers = [run.learningRate, run.batchSize, run.epochs, run.seed];
  if (!numbers.every(Number.isFinite)) return undefined;
  const own = asAttributes(attributes);
  // Before optimisers had settings of their own, AdamW's decay stood beside the others.
  if (typeof weightDecay === "number") own.adamw = { weightDecay, ...own.adamw };
  const { attributes: _, ...rest } = usual;
  return {
    ...rest,
    ...run,
    // Names that nobody knows are left aside where they are asked for.
    ...(isObject(augmentation) ? { augmentation } : {}),
    ...(isObject(losses) ? { losses } : {}),
    ...(Array.isArray(metrics) ? { metrics } : {}),
    ...(Object.keys(own).length > 0 ? { attributes: own } : {}),
  };
}

function asAttributes(value: unknown): { [kind: string]: Values } {
  const kinds = Object.entries(isObject(value) ? value : {}).map(([kind, given]) => {
    const sound = Object.entries(isObject(given) ? given : {}).filter(([, one]) => isValue(one));
    return [kind, Object.fromEntries(sound) as Values] as const;
  });
  return Object.fromEntries(kinds);
}

function isValue(value: unknown): value is Value {
  if (Array.isArray(value)) return value.every(Number.isFinite);
  return typeof value === "number" ? Number.isFinite(value) : ["boolean", "string"].includes(typeof value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
