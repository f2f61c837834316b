import { expect, it } from "vitest";
import type { RunSettings } from "../network/presets";
import { changedFrom, withRecipe } from "./own-settings";

const before: RunSettings = {
  optimizer: "adamw",
  learningRate: 0.01,
  schedule: "oneCycle",
  labelSmoothing: 0,
  batchSize: 64,
  epochs: 3,
  seed: 7,
  attributes: { adamw: { weightDecay: 0.01 } },
};
const next: RunSettings = {
  optimizer: "sgd",
  learningRate: 0.2,
  schedule: "polynomial",
  labelSmoothing: 0.1,
  batchSize: 128,
  epochs: 15,
  seed: 7,
  augmentation: { flipHorizontal: 0.5 },
  attributes: { sgd: { weightDecay: 0.0005 } },
};

it("takes all of a recipe where nothing was changed", () => {
  expect(withRecipe(before, before, next)).toEqual(next);
  expect(changedFrom(before, structuredClone(before))).toEqual([]);
});

it("leaves what someone has set otherwise", () => {
  const run: RunSettings = {
    ...before,
    epochs: 1,
    metrics: ["rocAuc"],
    attributes: { ...before.attributes, updates: { useEma: true } },
  };
  expect(changedFrom(before, run)).toEqual(["epochs"]);
  expect(withRecipe(run, before, next)).toEqual({
    ...next,
    epochs: 1,
    metrics: ["rocAuc"],
    attributes: { ...next.attributes, updates: { useEma: true } },
  });
});

it("takes over all that a recipe says where that is wished for, and leaves the rest", () => {
  const run: RunSettings = { ...before, epochs: 1, losses: { classes: "categoricalHinge" } };
  expect(withRecipe(run, run, next)).toEqual({ ...next, losses: run.losses });
});

it("takes an optimiser and its rate together or not at all", () => {
  const run: RunSettings = { ...before, attributes: { adamw: { weightDecay: 0.1 } } };
  expect(changedFrom(before, run)).toEqual(["optimiser, rate and schedule"]);
  expect(withRecipe(run, before, next)).toEqual({
    ...next,
    optimizer: "adamw",
    learningRate: 0.01,
    schedule: "oneCycle",
    attributes: run.attributes,
  });
});
