/** Which learning rates a network can be trained with. */
import { TabgradError } from "../core.js";
import type { Dataset } from "../types/dataset.js";
import type { LearningRateTest, LearningRateTestOptions, Model } from "../types/model.js";
import type { OptimizerSpec, ScheduleSpec } from "../types/specs.js";
import type { BatchReport } from "../types/training.js";

/** How many times the least loss a loss is from which the test ends. */
const DIVERGED = 4;

/** What of the mean stays at each step. */
const SMOOTHING = 0.95;

/**
 * Trains a copy while the learning rate grows by the same factor each step, until the loss explodes
 * (L. N. Smith: Cyclical learning rates for training neural networks, 2017).
 */
export async function testLearningRates(
  model: Model,
  dataset: Dataset,
  options: LearningRateTestOptions,
): Promise<LearningRateTest> {
  const { from = 1e-6, to = 1, steps = 150, batchSize = 32, seed = 0, signal, onProgress } = options;
  const { augmentation, classWeight } = options;
  if (!(from > 0 && to > from && Number.isFinite(to))) {
    throw new TabgradError(
      "argument",
      `testLearningRates: from ${from} to ${to}, expected two numbers above 0, the second the larger.`,
    );
  }
  if (!(Number.isInteger(steps) && steps >= 2)) {
    throw new TabgradError(
      "argument",
      `testLearningRates: steps is ${steps}, expected a whole number from 2 on.`,
    );
  }
  const { compiled } = model;
  if (!compiled) {
    throw new TabgradError("argument", "testLearningRates: the model is not compiled; call compile first.");
  }
  const copy = await model.clone();
  const test: LearningRateTest = { learningRates: [], losses: [], smoothed: [], suggestion: undefined };
  try {
    // As the engine wrote it for the copy.
    const { optimizer } = copy.compiled as { optimizer: OptimizerSpec };
    copy.compile({ ...compiled, optimizer: growing(optimizer, from, to, steps) });
    const epochs = Math.ceil((steps * batchSize) / dataset.length);
    const run = copy.fit(dataset, {
      epochs,
      batchSize,
      seed,
      progressInterval: 0,
      ...(augmentation ? { augmentation } : {}),
      ...(classWeight ? { classWeight } : {}),
      ...(signal ? { signal } : {}),
      onBatchEnd: (report) => {
        if (test.losses.length >= steps || !added(test, report)) void run.stop();
        onProgress?.({ done: test.losses.length, total: steps });
      },
    });
    await run.catch((error) => {
      // Where it ends in numbers that are none, the test has found out.
      if (!(error instanceof TabgradError && error.code === "diverged" && test.losses.length > 1))
        throw error;
    });
  } finally {
    copy.dispose();
  }
  test.suggestion = steepest(test);
  return test;
}

/** The same optimiser with a rate that grows; it is one that the engine has written, with whatever was left out. */
export function growing(spec: OptimizerSpec, from: number, to: number, steps: number): OptimizerSpec {
  const learningRate = {
    type: "exponential",
    learningRate: from,
    decayRate: to / from,
    decaySteps: steps - 1,
  } as const;
  if (spec.type !== "muon") return { ...spec, learningRate };
  // The rates of a schedule are those of the others times what it has of its first: they keep their proportion.
  const others = spec.others as MuonOthers;
  const first = (peak(others.learningRate) * from) / peak(spec.learningRate);
  return { ...spec, learningRate, others: { ...others, learningRate: first } };
}

/** What updates the parameters that are no matrices. */
type MuonOthers = Exclude<NonNullable<Extract<OptimizerSpec, { type: "muon" }>["others"]>, string>;

/** The highest rate of a schedule. */
function peak(rate: OptimizerSpec["learningRate"]): number {
  const schedule = rate as ScheduleSpec;
  if (schedule.type === "oneCycle") return schedule.peak;
  return schedule.type === "piecewise" ? Math.max(...schedule.values) : schedule.learningRate;
}

/** Adds a step; false where the loss has exploded. */
export function added(
  { learningRates, losses, smoothed }: LearningRateTest,
  { learningRate, loss }: Pick<BatchReport, "learningRate" | "loss">,
): boolean {
  learningRates.push(learningRate);
  losses.push(loss);
  // The mean as if it had begun with the first loss (Adam's correction).
  const weight = 1 - SMOOTHING ** losses.length;
  const before = (smoothed.at(-1) ?? 0) * (1 - SMOOTHING ** (losses.length - 1));
  smoothed.push((before * SMOOTHING + loss * (1 - SMOOTHING)) / weight);
  return smoothed.length < 10 || (smoothed.at(-1) as number) < DIVERGED * Math.min(...smoothed);
}

/** Where the smoothed loss falls fastest by the logarithm of the rate; undefined where it never falls. */
export function steepest({ learningRates, smoothed }: LearningRateTest): number | undefined {
  let best: number | undefined;
  // Less is rounding.
  let most = 1e-3 * Math.abs(smoothed[0] ?? 0);
  const reach = Math.max(1, Math.round(smoothed.length / 20));
  for (let at = reach; at + reach < smoothed.length; at += 1) {
    const fall = (smoothed[at - reach] as number) - (smoothed[at + reach] as number);
    if (fall <= most) continue;
    most = fall;
    best = learningRates[at];
  }
  return best;
}
