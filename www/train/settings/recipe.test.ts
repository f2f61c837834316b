import { describe, expect, it } from "vitest";
import { optimizers, schedules } from "../../../js/model/compile";
import { morePresets } from "../network/more-presets";
import { presets, type RunSettings } from "../network/presets";
import { areSound, fieldProblem, resolved } from "./fields";
import { lossKinds, lossOf } from "./loss-kinds";
import { measured, metricKinds } from "./metric-kinds";
import { optimizerKinds } from "./optimizer-kinds";
import { compiledWith, isSound, rateCallback, rateFactor, rateFor } from "./recipe";
import { schedule, scheduleKinds } from "./schedule-kinds";

const classes = { classes: 10 };
const run: RunSettings = {
  optimizer: "adamw",
  learningRate: 0.01,
  schedule: "constant",
  labelSmoothing: 0,
  batchSize: 100,
  epochs: 6,
  seed: 1,
};
const optimizerOf = (changed: Partial<RunSettings>, answer: Parameters<typeof compiledWith>[1] = classes) =>
  compiledWith({ ...run, ...changed }, answer, 1950).optimizer;

describe("the tables", () => {
  it("have every optimiser and schedule of the package once", () => {
    expect(optimizerKinds.map(({ type }) => type).sort()).toEqual(Object.keys(optimizers).sort());
    expect(scheduleKinds.flatMap(({ type, isCallback }) => (isCallback ? [] : [type])).sort()).toEqual(
      Object.keys(schedules).sort(),
    );
  });

  it("begin with values that are sound, of one epoch as of a thousand", () => {
    for (const epochs of [1, 6, 1000]) {
      for (const { type, fields } of [...optimizerKinds, ...scheduleKinds]) {
        expect(areSound(fields, {}, { run: { ...run, epochs }, answer: classes }), type).toBe(true);
      }
    }
  });

  it("explain each kind and each of its fields", () => {
    for (const { help, fields } of [...optimizerKinds, ...scheduleKinds, ...lossKinds, ...metricKinds]) {
      for (const text of [help, ...fields.map(({ help }) => help)]) expect(text).toMatch(/^[A-Z].+\.$/);
    }
  });
});

describe("an optimiser", () => {
  it("gets the package's names, and the memory of squares that its schedule wants", () => {
    expect(optimizerOf({})).toEqual({
      type: "adamw",
      learningRate: 0.01,
      weightDecay: 0,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      amsgrad: false,
      gradientAccumulationSteps: 1,
      useEma: false,
      decayBiases: true,
    });
    expect(optimizerOf({ schedule: "oneCycle" })).toMatchObject({ beta2: 0.99 });
    expect(optimizerOf({ schedule: "oneCycle", epochs: 1 })).toMatchObject({ beta2: 0.95 });
    expect(optimizerOf({ attributes: { adamw: { beta2: 0.9 } } })).toMatchObject({ beta2: 0.9 });
  });

  it("takes what was given for it, and not what was given for another", () => {
    const attributes = { sgd: { momentum: 0.5 }, rmsprop: { momentum: 0.7 } };
    expect(optimizerOf({ optimizer: "sgd", attributes })).toMatchObject({ momentum: 0.5, nesterov: true });
  });

  it("clips, gathers and averages as is said for all", () => {
    const attributes = {
      updates: { clip: "clipNorm", clipNorm: 2, gradientAccumulationSteps: 4, useEma: true },
    };
    const spec = optimizerOf({ attributes });
    expect(spec).toMatchObject({
      clipNorm: 2,
      gradientAccumulationSteps: 4,
      useEma: true,
      emaMomentum: 0.99,
    });
    expect(spec).not.toHaveProperty("clip");
    expect(spec).not.toHaveProperty("globalClipNorm");
  });

  it("of matrices has another for the rest, at a share of its rate", () => {
    expect(optimizerOf({ optimizer: "muon", attributes: { muon: { others: 0.1 } } })).toMatchObject({
      momentum: 0.95,
      others: { type: "adamw", learningRate: 0.001 },
    });
  });

  it("means the same in any unit of the numbers to be estimated", () => {
    const numbers = { mean: 0, deviation: 10 };
    const attributes = { updates: { clip: "globalClipNorm" } };
    expect(optimizerOf({ attributes }, numbers)).toMatchObject({
      epsilon: expect.closeTo(1e-5, 12),
      globalClipNorm: 100,
      learningRate: 0.01,
    });
    expect(optimizerOf({ optimizer: "sgd" }, numbers)).toMatchObject({ learningRate: 0.0001 });
    expect(rateFactor({ ...run, optimizer: "sgd" }, numbers)).toBeCloseTo(0.01, 12);
  });

  it("has a rate that fits another", () => {
    expect(rateFor({ ...run, learningRate: 0.008 }, "sgd")).toBe(0.08);
    expect(rateFor({ ...run, optimizer: "sgd", learningRate: 0.08 }, "adamw")).toBe(0.008);
    expect(rateFor({ ...run, learningRate: Number.NaN }, "lion")).toBeNaN();
  });
});

describe("a loss", () => {
  const numbers = { mean: 5, deviation: 10 };
  const compiled = (changed: Partial<RunSettings>, answer: Parameters<typeof compiledWith>[1]) =>
    compiledWith({ ...run, ...changed }, answer, 1950);

  it("is the usual one of the answer where another was not chosen for it", () => {
    const losses = { classes: "categoricalFocalCrossentropy", numbers: "huber" } as const;
    expect(lossOf(run, classes).type).toBe("sparseCategoricalCrossentropy");
    expect(lossOf(run, numbers).type).toBe("meanSquaredError");
    expect(compiled({ losses, labelSmoothing: 0.1 }, classes).loss).toEqual({
      type: "categoricalFocalCrossentropy",
      gamma: 2,
      alpha: 0.25,
      labelSmoothing: 0.1,
    });
    expect(compiled({ losses: { classes: "categoricalHinge" } }, classes).loss).toEqual({
      type: "categoricalHinge",
    });
    expect(compiled({ losses: { numbers: "categoricalHinge" } }, numbers).loss).toEqual({
      type: "meanSquaredError",
    });
  });

  it("goes along with the unit of the numbers, and so do rates and thresholds", () => {
    const losses = (type: "meanAbsoluteError" | "huber") => ({ losses: { numbers: type } });
    const sgd = { optimizer: "sgd", attributes: { updates: { clip: "clipValue" } } } as const;
    expect(compiled(losses("huber"), numbers).loss).toEqual({ type: "huber", delta: 10 });
    expect(compiled({ ...losses("huber"), ...sgd }, numbers).optimizer).toMatchObject({
      learningRate: 0.0001,
      clipValue: 100,
    });
    expect(compiled({ ...losses("meanAbsoluteError"), ...sgd }, numbers).optimizer).toMatchObject({
      learningRate: 0.001,
      clipValue: 10,
    });
  });

  it("of counts wants an answer that is never negative", () => {
    const { refusal } = lossOf({ ...run, losses: { numbers: "poisson" } }, numbers);
    expect(refusal?.([{ type: "dense", units: 1 }])).toMatch(/never negative.*softplus/);
    expect(refusal?.([{ type: "activation", activation: "softplus" }])).toBe("");
  });
});

describe("metrics", () => {
  const chosen: RunSettings = { ...run, metrics: ["topKAccuracy", "rocAuc", "r2Score"] };

  it("are those that were ticked, and what is drawn", () => {
    expect(compiledWith(chosen, classes, 100).metrics).toEqual([
      { type: "accuracy" },
      { type: "topKAccuracy", k: 5 },
      { type: "rocAuc" },
    ]);
    expect(compiledWith(chosen, { classes: 2 }, 100).metrics).toEqual([
      { type: "accuracy" },
      { type: "rocAuc" },
    ]);
    expect(compiledWith(chosen, { mean: 0, deviation: 1 }, 100).metrics).toEqual([
      { type: "meanAbsoluteError" },
      { type: "r2Score" },
    ]);
    expect(isSound({ ...chosen, attributes: { topKAccuracy: { k: 10 } } }, classes)).toBe(false);
  });

  it("are said by name, from the logs of training or of validation", () => {
    const context = { run: { ...chosen, attributes: { topKAccuracy: { k: 3 } } }, answer: classes };
    const texts = (logs: { [name: string]: number }, prefix?: string) =>
      measured(logs, context, prefix).map(({ name, text }) => `${name} ${text}`);
    expect(texts({ accuracy: 0.9, top3Accuracy: 0.98, rocAuc: 0.9934 })).toEqual([
      "Top-3 accuracy 98.0%",
      "ROC AUC 0.993",
    ]);
    expect(texts({ valTop3Accuracy: 0.5, valRocAuc: Number.NaN }, "val")).toEqual([
      "Top-3 accuracy 50.0%",
      "ROC AUC –",
    ]);
  });
});

describe("a schedule", () => {
  // 1950 samples are 20 batches.
  const rateOf = (type: RunSettings["schedule"], given = {}) =>
    (optimizerOf({ schedule: type, attributes: { [type]: given } }) as { learningRate: unknown })
      .learningRate;

  it("has its epochs in steps and its shares in rates", () => {
    expect(rateOf("oneCycle")).toMatchObject({ type: "oneCycle", peak: 0.01, warmup: 0.2 });
    expect(rateOf("step", { decaySteps: 1.5 })).toEqual({
      type: "step",
      learningRate: 0.01,
      decaySteps: 30,
      decayRate: 0.1,
    });
    expect(rateOf("cosine", { warmupSteps: 0 })).toMatchObject({ warmupSteps: 0, learningRate: 0.01 });
    expect(rateOf("cosine", { warmupSteps: 0.001 })).toMatchObject({ warmupSteps: 1 });
    expect(rateOf("cosineRestarts")).toMatchObject({ firstDecaySteps: 40, tMul: 2 });
    expect(rateOf("polynomial", { endLearningRate: 0.1 })).toMatchObject({
      endLearningRate: 0.001,
      decaySteps: 120,
    });
    expect(rateOf("piecewise", { boundaries: [2, 4], values: [1, 0.5, 0.1] })).toEqual({
      type: "piecewise",
      boundaries: [40, 80],
      values: [0.01, 0.005, 0.001],
    });
  });

  it("that waits for a plateau is a callback beside a constant rate", () => {
    const waiting: RunSettings = { ...run, schedule: "reduceLrOnPlateau" };
    expect(compiledWith(waiting, classes, 1950).optimizer).toMatchObject({ learningRate: 0.01 });
    expect(rateCallback(waiting, classes)).toHaveProperty("onEpochEnd");
    expect(rateCallback(run, classes)).toBeUndefined();
  });

  it("says what is wrong with what it was told", () => {
    const problems = (type: string, given: Parameters<typeof resolved>[1]) => {
      const { fields } = schedule(type);
      const context = { run, answer: classes };
      const values = resolved(fields, given, context);
      return fields.map((field) => fieldProblem(field, values, context)).filter(Boolean);
    };
    expect(problems("cosine", { warmupSteps: 6 })).toEqual(["Expected less than the 6 epochs of the run."]);
    expect(problems("piecewise", { boundaries: [2, 1] })).toEqual([
      "Expected each epoch to come after the one before.",
      "Expected 3 numbers, one more than there are changes.",
    ]);
    expect(problems("piecewise", { boundaries: [2, -1], values: [1, 1, 1] })).toEqual([
      "Expected numbers above 0, such as 2, with commas between them.",
    ]);
    expect(problems("oneCycle", { anneal: "up" })).toEqual(["Choose one of these."]);
    expect(isSound({ ...run, schedule: "step", attributes: { step: { decayRate: 2 } } }, classes)).toBe(
      false,
    );
    // What belongs to another kind is not asked for.
    expect(isSound({ ...run, attributes: { step: { decayRate: 2 } } }, classes)).toBe(true);
  });
});

it("presets have settings that are sound", () => {
  for (const { id, run } of [...presets, ...morePresets]) expect(isSound(run, classes), id).toBe(true);
});
