/** What the settings of a run are to the package. */
import {
  type Callback,
  type CompileOptions,
  callbacks,
  type LossSpec,
  type OptimizerSpec,
  type ScheduleSpec,
} from "tabgrad";
import { type Answer, isNumber } from "../../data/answer";
import type { RunSettings } from "../network/presets";
import { areSound, type Context, type Field, packaged, resolved, type Units, type Values } from "./fields";
import { KEEPING, keepingFields } from "./keeping";
import { lossOf } from "./loss-kinds";
import { metricSpec, metricsOf } from "./metric-kinds";
import { optimizer } from "./optimizer-kinds";
import { schedule } from "./schedule-kinds";
import { UPDATES, updateFields } from "./update-fields";

/** What was given for the fields of a kind. */
export function given({ attributes }: RunSettings, type: string): Values {
  return attributes?.[type] ?? {};
}

/** The fields that these settings ask for, by the kind that they belong to. */
export function fieldsOf(run: RunSettings, answer: Answer): [type: string, fields: readonly Field[]][] {
  const kinds = [
    optimizer(run.optimizer),
    schedule(run.schedule),
    lossOf(run, answer),
    ...metricsOf(run, answer),
  ];
  return [
    ...kinds.map(({ type, fields }) => [type, fields] as [string, readonly Field[]]),
    [UPDATES, updateFields],
    [KEEPING, keepingFields(answer)],
  ];
}

/** Whether all that these settings ask for besides the numbers of the run is sound. */
export function isSound(run: RunSettings, answer: Answer): boolean {
  return fieldsOf(run, answer).every(([type, fields]) => areSound(fields, given(run, type), { run, answer }));
}

/**
 * The optimiser of these settings for a run over so many samples. Gradients have the unit of the loss: rates and thresholds go along, so that a setting means the same in any unit.
 */
function optimizerOf(run: RunSettings, answer: Answer, samples: number): OptimizerSpec {
  const kind = optimizer(run.optimizer);
  const units = unitsOf(run, answer, samples);
  const context = { run, answer };
  const own = told(kind.fields, given(run, kind.type), context, units);
  const { clip, ...updates } = told(updateFields, given(run, UPDATES), context, units);
  const learningRate = scheduleOf(run, context, units);
  const spec: object = { type: kind.type, learningRate, ...(kind.finish?.(own, units) ?? own), ...updates };
  return spec as OptimizerSpec;
}

function scheduleOf(run: RunSettings, context: Context, units: Units): number | ScheduleSpec {
  const kind = schedule(run.schedule);
  if (kind.type === "constant" || kind.isCallback) return units.learningRate;
  const own = told(kind.fields, given(run, kind.type), context, units);
  const rate = kind.type === "piecewise" ? {} : { [kind.rateName ?? "learningRate"]: units.learningRate };
  const spec: object = { type: kind.type, ...rate, ...own };
  return spec as ScheduleSpec;
}

function told(fields: readonly Field[], given: Values, context: Context, units: Units): Values {
  return packaged(fields, resolved(fields, given, context), units);
}

function unitsOf(run: RunSettings, answer: Answer, samples: number): Units {
  const inEpoch = Math.max(1, Math.ceil(samples / run.batchSize));
  return {
    steps: (epochs) => (epochs > 0 ? Math.max(1, Math.round(epochs * inEpoch)) : 0),
    learningRate: run.learningRate * rateFactor(run, answer),
    gradient: isNumber(answer) ? (lossOf(run, answer).gradient?.(answer) ?? answer.deviation ** 2) : 1,
    deviation: isNumber(answer) ? answer.deviation : 1,
  };
}

/** What a learning rate is multiplied by on its way to the optimiser. */
export function rateFactor(run: RunSettings, answer: Answer): number {
  if (!optimizer(run.optimizer).followsGradient || !isNumber(answer)) return 1;
  const { gradient } = lossOf(run, answer);
  return gradient ? 1 / gradient(answer) : answer.deviation ** -2;
}

/** All that a run of these settings over so many samples is compiled with. */
export function compiledWith(run: RunSettings, answer: Answer, samples: number): CompileOptions {
  const context = { run, answer };
  const { type, fields, smooths } = lossOf(run, answer);
  const own = told(fields, given(run, type), context, unitsOf(run, answer, samples));
  const loss: object = { type, ...own, ...(smooths ? { labelSmoothing: run.labelSmoothing } : {}) };
  return {
    optimizer: optimizerOf(run, answer, samples),
    loss: loss as LossSpec,
    metrics: metricsOf(run, answer).map((kind) => metricSpec(kind, context)),
  };
}

/** What sets the learning rate while the run goes on, if something does. */
export function rateCallback(run: RunSettings, answer: Answer): Callback | undefined {
  const kind = schedule(run.schedule);
  if (!kind.isCallback) return undefined;
  return callbacks.reduceLrOnPlateau(resolved(kind.fields, given(run, kind.type), { run, answer }));
}

/** The rate that fits another optimiser as well as this one fits the optimiser of these settings. */
export function rateFor({ optimizer: from, learningRate }: RunSettings, to: string): number {
  return Number((learningRate * (optimizer(to).rate / optimizer(from).rate)).toPrecision(6));
}
