import { describe, expect, it } from "vitest";
import type { RunSettings } from "../network/presets";
import type { Values } from "./fields";
import { type Ending, KEEPING, keepingCallbacks, keepingOf, outcome, watched } from "./keeping";

const run: RunSettings = {
  optimizer: "adamw",
  learningRate: 0.01,
  schedule: "constant",
  labelSmoothing: 0,
  batchSize: 100,
  epochs: 6,
  seed: 1,
};
const keepingWith = (values: Values, answer: Parameters<typeof keepingOf>[1] = { classes: 3 }) =>
  keepingOf({ ...run, attributes: { [KEEPING]: values } }, answer);
const nothing = async () => undefined;

it("asks for no callbacks where nothing was asked for", () => {
  expect(keepingCallbacks(keepingWith({}), 6, [], nothing)).toEqual([]);
  expect(keepingCallbacks(keepingWith({ stop: true, end: "best" }), 6, [], nothing)).toHaveLength(1);
  expect(keepingCallbacks(keepingWith({ end: "best", best: true }), 6, [], nothing)).toHaveLength(2);
});

it("goes by the loss, or by what is drawn of the answer", () => {
  expect(keepingWith({}).monitor).toBe("valLoss");
  expect(keepingWith({ best: true, monitor: "measure" }).monitor).toBe("valAccuracy");
  const numbers = keepingWith({ best: true, monitor: "measure" }, { mean: 0, deviation: 1 });
  expect(numbers.monitor).toBe("valMeanAbsoluteError");
  expect(watched(numbers, { valMeanAbsoluteError: 3 })).toBe(3);
  expect(watched(keepingWith({ best: true, monitor: "measure" }), { valAccuracy: 0.5 })).toBe(-0.5);
});

describe("how it ended", () => {
  const ending: Ending = {
    history: { valLoss: [0.5, 0.3, 0.4, 0.5], valAccuracy: [0.8, 0.9, 0.95, 0.9] },
    first: 0,
    epochs: 4,
    stopped: undefined,
    bestName: "Flowers, best epoch",
  };

  it("goes without saying where nothing was asked for", () => {
    expect(outcome(keepingWith({}), ending)).toBe("");
  });

  it("says why it stopped, and which weights the model has", () => {
    expect(
      outcome(keepingWith({ stop: true, patience: 2, end: "best" }), { ...ending, stopped: "early" }),
    ).toBe(
      "It stopped after epoch 4: the validation loss had not got better for 2 epochs. The model has the weights of epoch 2, the best.",
    );
    expect(outcome(keepingWith({ stop: true }), { ...ending, stopped: "byHand" })).toBe(
      "The model has the weights that it had when you stopped it.",
    );
  });

  it("says what is kept besides", () => {
    expect(outcome(keepingWith({ best: true, monitor: "measure" }), ending)).toBe(
      "The model has the weights of epoch 4, the last. Those of epoch 3, the best, are kept as Flowers, best epoch.",
    );
  });

  it("restores the best since the run went on, and keeps the best of all", () => {
    expect(outcome(keepingWith({ end: "best", best: true }), { ...ending, first: 2 })).toBe(
      "The model has the weights of epoch 3, the best. Those of epoch 2, the best, are kept as Flowers, best epoch.",
    );
  });
});
