/** Optimisers and schedules by the names that they have in Keras. */
import { TabgradError } from "../errors.js";
import type { CompileOptions } from "../types/model.js";
import type { OptimizerSpec, ScheduleSpec, TrainerSpec } from "../types/specs.js";

type Settings<Spec, Type extends string> = Omit<Extract<Spec, { type: Type }>, "type">;

function optimizer<Type extends OptimizerSpec["type"]>(type: Type) {
  return (settings?: Settings<OptimizerSpec, Type>): OptimizerSpec => {
    const spec: object = { ...settings, type };
    return spec as OptimizerSpec;
  };
}

function schedule<Type extends ScheduleSpec["type"]>(type: Type) {
  return (settings: Settings<ScheduleSpec, Type>): ScheduleSpec => {
    const spec: object = { ...settings, type };
    return spec as ScheduleSpec;
  };
}

/** Ways to turn gradients into new weights. */
export const optimizers = {
  /** Gradient descent, with momentum or Nesterov's momentum. */
  sgd: optimizer("sgd"),
  /** Adam (Kingma and Ba, 2015). */
  adam: optimizer("adam"),
  /** Adam with decoupled weight decay (Loshchilov and Hutter, 2019). */
  adamw: optimizer("adamw"),
} satisfies { [Type in OptimizerSpec["type"]]: unknown };

/** Learning rates that change over a run; give one as `learningRate`. */
export const schedules = {
  /** The same all the time. */
  constant: schedule("constant"),
  /** Up to a peak over the first part of the run, then down to 0. */
  oneCycle: schedule("oneCycle"),
} satisfies { [Type in ScheduleSpec["type"]]: unknown };

/** What travels; the engine fills in what was left out. */
export function toTrainerSpec(options: CompileOptions): TrainerSpec {
  const { optimizer = "adam", loss, metrics = [] } = options;
  if (loss === undefined) {
    throw new TabgradError(
      "argument",
      'compile: loss is missing, expected for example "sparseCategoricalCrossentropy".',
    );
  }
  return { optimizer, loss, metrics: [...metrics] };
}
