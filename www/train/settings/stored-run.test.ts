import { describe, expect, it } from "vitest";
import type { RunSettings } from "../network/presets";
import { asRunSettings } from "./stored-run";

const usual: RunSettings = {
  optimizer: "adamw",
  learningRate: 0.008,
  schedule: "oneCycle",
  labelSmoothing: 0,
  batchSize: 128,
  epochs: 3,
  seed: 7,
};
const kept = { optimizer: "sgd", schedule: "constant", learningRate: 0.1, batchSize: 32, epochs: 2, seed: 1 };

describe("settings that were kept", () => {
  it("come back as they were", () => {
    const run = {
      ...usual,
      ...kept,
      losses: { classes: "categoricalHinge" },
      metrics: ["rocAuc"],
      attributes: { sgd: { momentum: 0.5, nesterov: false }, piecewise: { values: [1, 0.1] } },
    };
    expect(asRunSettings(JSON.parse(JSON.stringify(run)), usual)).toEqual(run);
  });

  it("of an earlier version lack what came later", () => {
    expect(asRunSettings(kept, usual)).toEqual({ ...kept, labelSmoothing: 0 });
    expect(asRunSettings({ ...kept, weightDecay: 0.01 }, usual)).toEqual({
      ...kept,
      labelSmoothing: 0,
      attributes: { adamw: { weightDecay: 0.01 } },
    });
  });

  it("are left alone where they are none", () => {
    for (const value of [null, 3, "x", {}, { ...kept, epochs: null }]) {
      expect(asRunSettings(value, usual)).toBeUndefined();
    }
    expect(asRunSettings({ ...kept, losses: "mse", metrics: 3 }, usual)).toEqual({
      ...kept,
      labelSmoothing: 0,
    });
    expect(
      asRunSettings({ ...kept, attributes: { sgd: { momentum: null, nesterov: {} }, adam: 3 } }, usual),
    ).toEqual({
      ...kept,
      labelSmoothing: 0,
      attributes: { sgd: {}, adam: {} },
    });
  });
});
