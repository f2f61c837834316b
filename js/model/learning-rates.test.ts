import { describe, expect, it } from "vitest";
import type { LearningRateTest } from "../types/model.js";
import type { ScheduleSpec } from "../types/specs.js";
import { added, growing, steepest } from "./learning-rates.js";

const empty = (): LearningRateTest => ({
  learningRates: [],
  losses: [],
  smoothed: [],
  suggestion: undefined,
});

describe("a test of learning rates", () => {
  it("suggests where the loss falls fastest, and ends where it explodes", () => {
    const test = empty();
    let steps = 0;
    for (; steps < 100; steps += 1) {
      const learningRate = 10 ** (-6 + steps / 16);
      // Flat, down around 1e-3, and up beyond 1e-1.
      const loss = 2.3 - 1.8 / (1 + Math.exp(-4 * (Math.log10(learningRate) + 3))) + 40 * learningRate ** 2;
      if (!added(test, { learningRate, loss })) break;
    }
    expect(steps).toBeLessThan(99);
    expect(test.smoothed[0]).toBeCloseTo(test.losses[0] as number, 12);
    const suggestion = steepest(test) as number;
    expect(suggestion).toBeGreaterThan(5e-4);
    expect(suggestion).toBeLessThan(2e-2);
  });

  it("suggests nothing where nothing falls", () => {
    const test = empty();
    for (let step = 0; step < 30; step += 1) added(test, { learningRate: 10 ** (step - 20), loss: 1 });
    expect(steepest(test)).toBeUndefined();
  });

  it("keeps what else Muon updates in proportion to its rate", () => {
    const of = (spec: Parameters<typeof growing>[0]) => growing(spec, 1e-4, 1, 100);
    const constant = (learningRate: number) => ({ type: "constant", learningRate }) as ScheduleSpec;
    expect(of({ type: "adamw", beta1: 0.8, learningRate: constant(0.001) })).toEqual({
      type: "adamw",
      beta1: 0.8,
      learningRate: { type: "exponential", learningRate: 1e-4, decayRate: 1e4, decaySteps: 99 },
    });
    const adamw = { type: "adamw", learningRate: constant(0.001) } as const;
    expect(of({ type: "muon", learningRate: constant(0.02), others: adamw })).toMatchObject({
      others: { type: "adamw", learningRate: expect.closeTo(5e-6, 12) },
    });
    const cycle = { type: "oneCycle", peak: 0.1 } as const;
    expect(
      of({ type: "muon", learningRate: cycle, others: { type: "sgd", learningRate: constant(0.02) } }),
    ).toMatchObject({
      others: { type: "sgd", learningRate: expect.closeTo(2e-5, 12) },
    });
  });
});
