import { describe, expect, it } from "vitest";
import type { LearningRateTest } from "../types/model.js";
import { added, steepest } from "./learning-rates.js";

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
});
