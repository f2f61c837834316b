/** The recipes of the package as settings of a run. */
import type { OptimizerSpec, ScheduleSpec } from "tabgrad";
import type { Preset } from "tabgrad/presets";
import type { RunSettings } from "../network/presets";
import { type Context, type Field, usual, type Values } from "./fields";
import { optimizer } from "./optimizer-kinds";
import { schedule } from "./schedule-kinds";

export function settingsOf({ compile, fit }: Pick<Preset, "compile" | "fit">): RunSettings {
  const told = compile.optimizer as OptimizerSpec;
  const kind = optimizer(told.type);
  const { learningRate = kind.rate, type: _, ...own } = told;
  const when: object = typeof learningRate === "number" ? { type: "constant", learningRate } : learningRate;
  const { type, ...scheduled } = when as { type: ScheduleSpec["type"] } & Record<string, unknown>;
  const rate = scheduled[schedule(type).rateName ?? "learningRate"] as number;
  const { labelSmoothing = 0 } = compile.loss as { labelSmoothing?: number };
  const { epochs = 1, batchSize = 32, augmentation } = fit;
  const run: RunSettings = {
    optimizer: kind.type,
    learningRate: rate,
    schedule: type,
    labelSmoothing,
    batchSize,
    epochs,
    seed: 7,
    ...(augmentation ? { augmentation } : {}),
  };
  const context = { run, answer: { classes: 10 } };
  const attributes = Object.entries({
    [kind.type]: unusual(kind.fields, kind.start?.(own, rate) ?? own, context),
    [type]: unusual(schedule(type).fields, scheduled, context),
  }).filter(([, values]) => Object.keys(values).length > 0);
  return attributes.length > 0 ? { ...run, attributes: Object.fromEntries(attributes) } : run;
}

/** What of these differs from what is usual. */
function unusual(fields: readonly Field[], given: object, context: Context): Values {
  const values = fields.flatMap((field) => {
    const value = (given as Values)[field.name];
    return value === undefined || value === usual(field, context) ? [] : [[field.name, value] as const];
  });
  return Object.fromEntries(values);
}
