/** Callbacks of a run in a page: those that come with the package, and a program's own. */
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("a program's callback is called in order, steers the run and sees its history", async ({ page }) => {
  const { told, epochs, stopped, seen } = await page.evaluate(async () => {
    const { model, train } = await globalThis.small();
    const told: string[] = [];
    const seen: number[] = [];
    const own = {
      name: "own",
      onTrainBegin() {
        told.push(`train ${this.name}`);
      },
      onEpochBegin(epoch: number, { learningRate }: { learningRate: number | undefined }) {
        told.push(`epoch ${epoch} at ${learningRate}`);
      },
      everySteps: 40,
      onSteps(step: number) {
        told.push(`step ${step}`);
      },
      onEpochEnd(
        { epoch }: { epoch: number },
        {
          history,
          stopTraining,
        }: { history: { [name: string]: number[] | undefined }; stopTraining: () => void },
      ) {
        told.push(`end ${epoch}`);
        seen.push(history.loss?.length ?? 0);
        if (epoch === 1) stopTraining();
      },
      onTrainEnd() {
        told.push("over");
      },
    };
    const run = await model.fit(train, { epochs: 9, batchSize: 32, callbacks: [own] });
    return { told, seen, epochs: run.epochs, stopped: run.stopped };
  });
  // 63 steps an epoch.
  expect(told).toEqual([
    "train own",
    "epoch 0 at 0.001",
    "step 40",
    "end 0",
    "epoch 1 at 0.001",
    "step 80",
    "step 120",
    "end 1",
    "over",
  ]);
  expect({ seen, epochs, stopped }).toEqual({ seen: [1, 2], epochs: 2, stopped: true });
});

test("batch hooks hear of every batch in its order, onBatchEnd of some", async ({ page }) => {
  const { told, some, begun } = await page.evaluate(async () => {
    const { model, train } = await globalThis.small();
    const told: string[] = [];
    const hooks = {
      onEpochBegin: (epoch: number) => void told.push(`epoch ${epoch}`),
      onBatchBegin: ({ epoch, batch }: { epoch: number; batch: number }) =>
        void told.push(`begin ${epoch} ${batch}`),
      onBatchEnd: ({ epoch, batch }: { epoch: number; batch: number }) =>
        void told.push(`end ${epoch} ${batch}`),
      onEpochEnd: ({ epoch }: { epoch: number }) => void told.push(`end ${epoch}`),
    };
    const some: number[] = [];
    // Long enough for the first batch to be the only one.
    const interval = {
      progressInterval: 1e9,
      onBatchEnd: ({ batch }: { batch: number }) => some.push(batch),
    };
    await model.fit(train, { epochs: 2, batchSize: 32, callbacks: [hooks], ...interval });
    let begun = 0;
    const counter = {
      onBatchBegin() {
        begun += 1;
      },
    };
    await model.fit(train, { batchSize: 50, callbacks: [counter, {}], progressInterval: 1e9 });
    return { told, some, begun };
  });
  const batches = (epoch: number) =>
    Array.from({ length: 63 }, (_, batch) => [`begin ${epoch} ${batch}`, `end ${epoch} ${batch}`]).flat();
  expect(told).toEqual([0, 1].flatMap((epoch) => [`epoch ${epoch}`, ...batches(epoch), `end ${epoch}`]));
  expect(some).toEqual([0]);
  expect(begun).toBe(40);
});

test("the learning rate follows a function, and a plateau", async ({ page }) => {
  const { scheduled, reduced, again } = await page.evaluate(async () => {
    const { callbacks } = globalThis.tabgrad;
    const { model, train, test } = await globalThis.small();
    const rates = async (callback: ReturnType<typeof callbacks.earlyStopping>) => {
      const found: number[] = [];
      await model.fit(train, {
        epochs: 4,
        validationData: test,
        callbacks: [callback],
        onEpochEnd: ({ learningRate }) => found.push(learningRate),
      });
      return found;
    };
    const scheduled = await rates(
      callbacks.learningRateScheduler((epoch, rate) => (epoch < 2 ? rate : rate / 2)),
    );
    const reduced = await rates(
      callbacks.reduceLrOnPlateau({ factor: 0.5, patience: 1, minDelta: 1000, minLr: 0.0004 }),
    );
    return { scheduled, reduced, again: await rates({}) };
  });
  const close = (found: number[], expected: number[]) =>
    found.forEach((rate, epoch) => {
      expect(rate).toBeCloseTo(expected[epoch] as number, 9);
    });
  close(scheduled, [0.001, 0.001, 0.0005, 0.00025]);
  close(reduced, [0.001, 0.001, 0.0005, 0.0004]);
  close(again, [0.001, 0.001, 0.001, 0.001]);
});

test("checkpoints are saved after steps and epochs, and can be gone on with", async ({ page }) => {
  const { names, handed, includesOptimizer } = await page.evaluate(async () => {
    const { callbacks, listModels } = globalThis.tabgrad;
    const { model, train } = await globalThis.small();
    const handed: (number | undefined)[] = [];
    await model.fit(train, {
      epochs: 2,
      batchSize: 32,
      callbacks: [
        callbacks.modelCheckpoint({ url: "indexeddb://step-{step}", everySteps: 50 }),
        callbacks.modelCheckpoint({ url: "indexeddb://epoch-{epoch}" }),
        callbacks.modelCheckpoint({ save: (_, { epoch }) => handed.push(epoch), onlyBest: true }),
      ],
    });
    const saved = await listModels();
    return {
      names: saved.map(({ name }) => name).sort(),
      handed,
      includesOptimizer: saved.every(({ includesOptimizer }) => includesOptimizer),
    };
  });
  expect(names).toEqual(["epoch-1", "epoch-2", "step-100", "step-50"]);
  expect(handed).toEqual([0, 1]);
  expect(includesOptimizer).toBe(true);
});

test("a run that diverges rejects, or ends where that is wanted", async ({ page }) => {
  const { refused, ended, finite } = await page.evaluate(async () => {
    const { callbacks, optimizers } = globalThis.tabgrad;
    const { model, train } = await globalThis.small();
    model.compile({
      optimizer: optimizers.sgd({ learningRate: 1e30 }),
      loss: "sparseCategoricalCrossentropy",
    });
    const refused = await globalThis.failure(() => model.fit(train, { epochs: 3 }));
    const ended = await model.fit(train, { epochs: 3, callbacks: [callbacks.terminateOnNan()] });
    const weights = await model.getWeights();
    return { refused, ended, finite: weights.every(({ data }) => data.every(Number.isFinite)) };
  });
  expect(refused.code).toBe("diverged");
  expect(ended).toMatchObject({ stopped: true, epochs: 0 });
  expect(finite).toBe(true);
});

test("epochs are logged as a table", async ({ page }) => {
  const { text, given } = await page.evaluate(async () => {
    const { callbacks } = globalThis.tabgrad;
    const { model, train, test } = await globalThis.small();
    let given = "";
    const onEnd = (csv: string) => {
      given = csv;
    };
    const logger = callbacks.csvLogger({ onEnd });
    await model.fit(train, { epochs: 2, validationData: test, callbacks: [logger] });
    return { text: logger.text, given };
  });
  const lines = text.trimEnd().split("\n");
  expect(lines[0]).toBe("epoch,accuracy,loss,valAccuracy,valLoss");
  expect(lines.map((line) => line.split(",")[0])).toEqual(["epoch", "0", "1"]);
  expect(given).toBe(text);
});
