import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { type Core, useCore } from "../core.js";
import { TabgradError } from "../errors.js";
import type { Model } from "../types/model.js";
import type { BatchReport, Callback, CallbackContext, Logs } from "../types/training.js";
import { builtIn } from "./built-in.js";
import { callbacks } from "./index.js";

const { csvLogger, earlyStopping, learningRateScheduler, modelCheckpoint, reduceLrOnPlateau } = builtIn;

// As when the rest of the package is loaded.
useCore({ TabgradError } as Core);
const checkpoint = modelCheckpoint;

/** Runs a callback over these epochs as `fit` would, of three steps each. */
async function run(callback: Callback, epochs: Logs[], rate = 0.1) {
  const rates: number[] = [];
  let weights = 0;
  let stopped = false;
  const model = {
    getWeights: vi.fn(async () => [
      { name: "w", data: Float32Array.of(weights), shape: [1], trainable: true },
    ]),
    setWeights: vi.fn(async () => {}),
    save: vi.fn(async () => {}),
  };
  const stop = () => {
    stopped = true;
  };
  let learningRate = rate;
  const context: CallbackContext = {
    model: model as unknown as Model,
    history: {},
    get learningRate() {
      return learningRate;
    },
    async setLearningRate(rate) {
      learningRate = rate;
    },
    stopTraining: stop,
    stop,
  };
  await callback.onTrainBegin?.(context);
  let epoch = 0;
  for (const logs of epochs) {
    weights = epoch;
    await callback.onEpochBegin?.(epoch, context);
    rates.push(learningRate);
    for (let step = 3 * epoch + 1; step <= 3 * epoch + 3; step += 1) {
      if (!callback.everySteps || step % callback.everySteps !== 0) continue;
      await callback.onSteps?.(step, { epoch, logs } as BatchReport, context);
    }
    await callback.onEpochEnd?.(
      { epoch, epochs: epochs.length, logs, learningRate, imagesPerSecond: 1, seconds: 1, warnings: [] },
      context,
    );
    epoch += 1;
    if (stopped) break;
  }
  await callback.onTrainEnd?.({}, context);
  return { epochs: epoch, stopped, model, rates, context };
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

  it("waits until the baseline is passed", async () => {
    const stopping = earlyStopping({ patience: 3, baseline: 1 });
    expect((await run(stopping, losses(5, 4, 3, 2, 1))).epochs).toBe(3);
    expect((await run(stopping, losses(5, 4, 0.5, 2, 1.5, 0.9, 7))).epochs).toBe(6);
  });

  it("does not look at the first epochs if asked so", async () => {
    const stopping = earlyStopping({ patience: 1, startFromEpoch: 2, restoreBestWeights: true });
    const { epochs, model } = await run(stopping, losses(1, 2, 5, 4, 4, 0));
    expect(epochs).toBe(5);
    expect(model.setWeights).toHaveBeenCalledWith([expect.objectContaining({ data: Float32Array.of(3) })]);
  });

  it("never takes what is not a number for an improvement", async () => {
    const { epochs } = await run(earlyStopping({ patience: 2 }), losses(Number.NaN, 2, 1, Number.NaN, 1, 0));
    expect(epochs).toBe(5);
  });

  it("takes large values of areas and scores for good", async () => {
    for (const name of ["valRocAuc", "valAveragePrecision", "r2Score", "cohenKappa", "recall"]) {
      const logs = [0.5, 0.6, 0.55].map((value) => ({ [name]: value }));
      expect((await run(earlyStopping({ monitor: name, patience: 1 }), logs)).epochs).toBe(3);
    }
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

  it("saves every so many epochs under a name of its own", async () => {
    const { model } = await run(
      modelCheckpoint({ url: "indexeddb://run-{epoch}-{valLoss}-{other}", everyEpochs: 2 }),
      losses(4, 3.5, 2, 1.25, 0),
    );
    expect(model.save.mock.calls.map(([url]: unknown[]) => url)).toEqual([
      "indexeddb://run-2-3.5000-{other}",
      "indexeddb://run-4-1.2500-{other}",
    ]);
  });

  it("saves every so many steps, by a function of the program", async () => {
    const saved: unknown[] = [];
    const { model } = await run(
      modelCheckpoint({ everySteps: 4, save: (_, { epoch, step }) => saved.push([epoch, step]) }),
      losses(4, 3, 2),
    );
    expect(saved).toEqual([
      [1, 4],
      [2, 8],
    ]);
    expect(model.save).not.toHaveBeenCalled();
  });

  it("has a first epoch to beat", async () => {
    const { model } = await run(
      modelCheckpoint({ url: "indexeddb://run", onlyBest: true, initialValue: 1.5 }),
      losses(2, 1),
    );
    expect(model.save).toHaveBeenCalledTimes(1);
  });

  it("refuses what cannot be", () => {
    expect(() => modelCheckpoint({})).toThrow(/url is undefined, expected either/);
    expect(() => modelCheckpoint({ url: "file:///x", everyEpochs: 0 })).toThrow(/everyEpochs is 0/);
    expect(() => modelCheckpoint({ url: "file:///x", everySteps: 3, onlyBest: true })).toThrow(/onlyBest/);
  });
});

describe("learningRateScheduler", () => {
  it("sets the rate of each epoch from the one before", async () => {
    const { rates } = await run(
      learningRateScheduler(async (epoch, rate) => (epoch < 2 ? rate : rate / 2)),
      losses(1, 1, 1, 1),
    );
    expect(rates).toEqual([0.1, 0.1, 0.05, 0.025]);
  });

  it("refuses what is no rate", async () => {
    const scheduler = learningRateScheduler(() => Number.NaN);
    await expect(run(scheduler, losses(1))).rejects.toThrow(/the rate of epoch 0 is NaN/);
  });
});

describe("reduceLrOnPlateau", () => {
  it("lowers the rate as Keras does", async () => {
    // By hand through on_epoch_end of Keras 3: ReduceLROnPlateau(patience=2, factor=0.5, min_delta=0, cooldown=1, min_lr=0.02).
    const values = [1, 0.9, 0.95, 0.92, 0.91, 0.8, 0.85, 0.86, 0.87, 0.88, 0.9, 0.7];
    const options = { patience: 2, factor: 0.5, minDelta: 0, cooldown: 1, minLr: 0.02 };
    const { rates } = await run(reduceLrOnPlateau(options), losses(...values));
    expect(rates).toEqual([0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.02, 0.02]);
  });

  it("lowers the rate as PyTorch does with a patience of one less", async () => {
    const path = new URL("../../tests/golden/cases/schedule/reduce_on_plateau.json", import.meta.url);
    const golden = JSON.parse(readFileSync(path, "utf8"));
    const { attrs } = golden;
    const options = { patience: attrs.patience + 1, factor: attrs.factor, minDelta: attrs.min_delta };
    // The case has the rate behind each epoch, which is that of the next.
    const { rates } = await run(reduceLrOnPlateau(options), losses(...attrs.monitor, 1), attrs.initial);
    expect(rates.slice(1)).toEqual(golden.learning_rate_per_step);
  });

  it("counts only improvements of more than minDelta", async () => {
    const { rates } = await run(reduceLrOnPlateau({ patience: 1 }), losses(1, 0.99995, 0.9));
    expect(rates).toEqual([0.1, 0.1, 0.1 * 0.1]);
  });

  it("refuses a factor that does not lower", () => {
    expect(() => reduceLrOnPlateau({ factor: 1 })).toThrow(/factor is 1, expected a number above 0/);
  });
});

describe("what a page imports", () => {
  it("does the same once it is used", async () => {
    const stopping = callbacks.earlyStopping({ patience: 2 });
    expect((await run(stopping, losses(3, 2, 2.5, 1, 1.5, 1.2, 0))).epochs).toBe(6);
    const { rates } = await run(callbacks.reduceLrOnPlateau({ patience: 1, factor: 0.5 }), losses(1, 1, 1));
    expect(rates).toEqual([0.1, 0.1, 0.05]);
    const saved: unknown[] = [];
    const save = (_: Model, { step }: { step?: number }) => saved.push(step);
    await run(callbacks.checkpoint({ everySteps: 2, save }), losses(1, 1));
    expect(saved).toEqual([2, 4, 6]);
    const logger = callbacks.csvLogger();
    expect(logger.text).toBe("");
    await run(logger, [{ loss: 2 }]);
    expect(await logger.toBlob().text()).toBe("epoch,loss\n0,2\n");
  });

  it("says what is wrong when a run begins", async () => {
    const stopping = callbacks.earlyStopping({ patience: -1 });
    await expect(run(stopping, losses(1))).rejects.toMatchObject({ code: "argument" });
  });

  it("takes an error of a run that diverged", async () => {
    const { context } = await run({}, []);
    const error = new TabgradError("diverged", "x");
    expect(callbacks.terminateOnNan().onDiverged?.(error, context)).toBe(true);
  });
});

describe("csvLogger", () => {
  it("writes a line an epoch", async () => {
    const onEnd = vi.fn();
    const logger = csvLogger({ onEnd });
    await run(logger, [{ loss: 1.5, accuracy: 0.5 }, { loss: Number.NaN }]);
    expect(logger.text).toBe("epoch,accuracy,loss\n0,0.5,1.5\n1,,NaN\n");
    expect(onEnd).toHaveBeenCalledWith(logger.text);
    expect(await logger.toBlob().text()).toBe(logger.text);
    await run(logger, [{ loss: 1 }]);
    expect(logger.text).toBe("epoch,loss\n0,1\n");
  });

  it("goes on with a table, and quotes", async () => {
    const logger = csvLogger({ append: true, separator: ";" });
    await run(logger, [{ "a;b": 1 }]);
    await run(logger, [{ "a;b": 2 }]);
    expect(logger.text).toBe('epoch;"a;b"\n0;1\n0;2\n');
  });
});
