import { describe, expect, it, vi } from "vitest";
import { checkpoint, earlyStopping } from "./callbacks.js";
import type { Model } from "./types/model.js";
import type { Callback, Logs } from "./types/training.js";

/** Runs a callback over these epochs as `fit` would. */
async function run(callback: Callback, epochs: Logs[]) {
  let weights = 0;
  let stopped = false;
  const model = {
    getWeights: vi.fn(async () => [
      { name: "w", data: Float32Array.of(weights), shape: [1], trainable: true },
    ]),
    setWeights: vi.fn(async () => {}),
    save: vi.fn(async () => {}),
  };
  const context = {
    model: model as unknown as Model,
    stopTraining: () => {
      stopped = true;
    },
  };
  await callback.onTrainBegin?.(context);
  let epoch = 0;
  for (const logs of epochs) {
    weights = epoch;
    await callback.onEpochEnd?.(
      { epoch, epochs: epochs.length, logs, imagesPerSecond: 1, seconds: 1 },
      context,
    );
    epoch += 1;
    if (stopped) break;
  }
  await callback.onTrainEnd?.({}, context);
  return { epochs: epoch, stopped, model };
}

const losses = (...values: number[]) => values.map((valLoss) => ({ loss: 0, valLoss }));

describe("earlyStopping", () => {
  it("stops after `patience` epochs in a row without an improvement", async () => {
    const { epochs, stopped } = await run(earlyStopping({ patience: 2 }), losses(3, 2, 2.5, 1, 1.5, 1.2, 0));
    expect({ epochs, stopped }).toEqual({ epochs: 6, stopped: true });
  });

  it("does not stop a run that improves", async () => {
    const { epochs, stopped } = await run(earlyStopping({ patience: 1 }), losses(3, 2, 1));
    expect({ epochs, stopped }).toEqual({ epochs: 3, stopped: false });
  });

  it("counts only improvements of more than minDelta", async () => {
    const { epochs } = await run(earlyStopping({ patience: 1, minDelta: 0.5 }), losses(3, 2.6, 2));
    expect(epochs).toBe(2);
  });

  it("takes large values of an accuracy for good", async () => {
    const logs = [0.5, 0.6, 0.55].map((valAccuracy) => ({ loss: 1, valAccuracy }));
    const { epochs } = await run(earlyStopping({ monitor: "valAccuracy" }), logs);
    expect(epochs).toBe(3);
  });

  it("restores the weights of the best epoch", async () => {
    const { model } = await run(earlyStopping({ patience: 2, restoreBestWeights: true }), losses(3, 1, 2, 2));
    expect(model.setWeights).toHaveBeenCalledTimes(1);
    expect(model.setWeights).toHaveBeenCalledWith([expect.objectContaining({ data: Float32Array.of(1) })]);
  });

  it("leaves the weights if the last epoch was the best", async () => {
    const { model } = await run(earlyStopping({ restoreBestWeights: true }), losses(3, 2));
    expect(model.setWeights).not.toHaveBeenCalled();
  });

  it("begins anew with each run", async () => {
    const callback = earlyStopping({ patience: 1 });
    await run(callback, losses(1));
    const { epochs } = await run(callback, losses(5, 4));
    expect(epochs).toBe(2);
  });

  it("watches the training loss where nothing is validated", async () => {
    const { epochs } = await run(earlyStopping(), [{ loss: 1 }, { loss: 2 }, { loss: 0 }]);
    expect(epochs).toBe(2);
  });

  it("names the number that is not measured, and those that are", async () => {
    await expect(run(earlyStopping({ monitor: "valF1" }), losses(1))).rejects.toMatchObject({
      code: "notFound",
      message: 'earlyStopping: "valF1" is not measured; there are loss, valLoss.',
    });
  });

  it("refuses a patience that is no count", () => {
    expect(() => earlyStopping({ patience: -1 })).toThrow(/patience is -1, expected an integer/);
  });
});

describe("checkpoint", () => {
  it("saves every epoch with the optimiser", async () => {
    const { model } = await run(checkpoint({ url: "indexeddb://run" }), losses(1, 2));
    expect(model.save.mock.calls).toEqual([
      ["indexeddb://run", { includeOptimizer: true }],
      ["indexeddb://run", { includeOptimizer: true }],
    ]);
  });

  it("saves only better epochs if asked to", async () => {
    const { model } = await run(checkpoint({ url: "indexeddb://run", onlyBest: true }), losses(2, 3, 1));
    expect(model.save).toHaveBeenCalledTimes(2);
  });
});
