/** Optimisers and schedules by the names that they have in Keras. */
import { TabgradError } from "../errors.js";
import type { CompileOptions, LossOption } from "../types/model.js";
import type { LossSpec, OptimizerSpec, ScheduleSpec, TrainerSpec } from "../types/specs.js";
import { graphDesign, input, type Node } from "./graph.js";

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

/**
 * Ways to turn gradients into new weights. Besides its own settings each takes those that hold for all
 * (`OptimizerOptions`): `clipValue`, `clipNorm` or `globalClipNorm`, `gradientAccumulationSteps`, `useEma`
 * with `emaMomentum` and `emaEvery`, and `decayBiases`.
 */
export const optimizers = {
  /** Gradient descent, with momentum or Nesterov's momentum. */
  sgd: optimizer("sgd"),
  /** Adam (Kingma and Ba, 2015). */
  adam: optimizer("adam"),
  /** Adam with decoupled weight decay (Loshchilov and Hutter, 2019). */
  adamw: optimizer("adamw"),
  /** RMSProp (Hinton, 2012), with momentum or centred if asked for. */
  rmsprop: optimizer("rmsprop"),
  /** Adagrad (Duchi, Hazan and Singer, 2011). */
  adagrad: optimizer("adagrad"),
  /** Adadelta (Zeiler, 2012). */
  adadelta: optimizer("adadelta"),
  /** Adam with Nesterov's momentum (Dozat, 2016). */
  nadam: optimizer("nadam"),
  /** The sign of a momentum (Chen et al., 2023). */
  lion: optimizer("lion"),
  /** Momentum made orthogonal, for the kernels of hidden layers (Jordan, 2024). */
  muon: optimizer("muon"),
} satisfies { [Type in OptimizerSpec["type"]]: unknown };

/**
 * Learning rates that change over a run; give one as `learningRate`. A step is a batch; numbers of steps
 * that are left out are those of the run.
 */
export const schedules = {
  /** The same all the time. */
  constant: schedule("constant"),
  /** Constant between given steps. */
  piecewise: schedule("piecewise"),
  /** Down by a factor every so many steps. */
  step: schedule("step"),
  /** Down by the same factor every step. */
  exponential: schedule("exponential"),
  /** Down along a line or a power of what is left. */
  polynomial: schedule("polynomial"),
  /** Up along a line, then down along half a cosine. */
  cosine: schedule("cosine"),
  /** Half cosines one after the other. */
  cosineRestarts: schedule("cosineRestarts"),
  /** Up to a peak over the first part of the run, then down to 0. */
  oneCycle: schedule("oneCycle"),
} satisfies { [Type in ScheduleSpec["type"]]: unknown };

/** What a loss of one's own is told. */
export interface CustomLossOptions {
  /** The shape of the model's output for one sample; or its last dimension, for a loss of each position. */
  shape: readonly number[];
  /** That of the targets: default `shape`, or [1] for class numbers. */
  targetShape?: readonly number[];
}

/** Losses that are no name with attributes. */
export const losses = {
  /**
   * A loss as a graph of layers: what `define` makes of the targets and the outputs of a sample is its loss, one
   * number. Gradients follow from the layers, whose parameters stay as they are.
   */
  custom(
    define: (yTrue: Node, yPred: Node) => Node,
    { shape, targetShape = shape }: CustomLossOptions,
  ): LossSpec {
    const [yTrue, yPred] = [input({ name: "yTrue", shape: targetShape }), input({ name: "yPred", shape })];
    const model = graphDesign({ inputs: [yTrue, yPred], outputs: define(yTrue, yPred) }).spec;
    return { type: "graph", model };
  },

  /**
   * A loss of an output alone, as a graph of layers: what `define` makes of the output of a sample is its loss, one
   * number. An output with such a loss needs no targets and has no metrics, so a dataset has the targets of the other
   * outputs, in their order or by their names; where all outputs have one, whatever targets it has are left aside.
   */
  ofOutput(define: (yPred: Node) => Node, { shape }: Pick<CustomLossOptions, "shape">): LossSpec {
    const yPred = input({ name: "yPred", shape });
    return { type: "graph", model: graphDesign({ inputs: yPred, outputs: define(yPred) }).spec };
  },
};

/** A loss by its name, its specification, or a model that computes it. */
function toLoss(loss: LossOption): LossSpec | LossSpec["type"] {
  if (typeof loss === "object" && "compile" in loss) return { type: "graph", model: loss.spec };
  return loss;
}

function toLosses(loss: CompileOptions["loss"]): TrainerSpec["loss"] {
  if (Array.isArray(loss)) return loss.map(toLoss);
  if (typeof loss === "string" || "type" in loss || typeof loss.compile === "function") {
    return toLoss(loss as LossOption);
  }
  return Object.fromEntries(Object.entries(loss).map(([name, one]) => [name, toLoss(one as LossOption)]));
}

/** What travels; the engine fills in what was left out. */
export function toTrainerSpec(options: CompileOptions): TrainerSpec {
  const { optimizer = "adam", loss, lossWeights, metrics = [] } = options;
  if (loss === undefined) {
    throw new TabgradError(
      "argument",
      'compile: loss is missing, expected for example "sparseCategoricalCrossentropy".',
    );
  }
  return {
    optimizer,
    loss: toLosses(loss),
    ...(lossWeights ? { lossWeights: { ...lossWeights } } : {}),
    metrics: Array.isArray(metrics) ? ([...metrics] as typeof metrics) : { ...metrics },
  };
}
