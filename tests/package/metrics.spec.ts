/** Metrics that need all scores at once, where workers share an evaluation. */
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("areas under curves are exact in evaluation and validation, and close in training", async ({ page }) => {
  const { evaluated, history, expected } = await page.evaluate(async () => {
    const { model, train, test } = await globalThis.small();
    model.compile({
      loss: "sparseCategoricalCrossentropy",
      metrics: ["rocAuc", "averagePrecision", "cohenKappa", "expectedCalibrationError"],
    });
    const { history } = await model.fit(train, { epochs: 2, validationData: test });
    const evaluated = await model.evaluate(test);
    const { data } = await model.predict(test);
    const labels = await test.labels();
    // Pair by pair, each class against the rest.
    const areas = Array.from({ length: 10 }, (_, kind) => {
      let [wins, pairs] = [0, 0];
      labels.forEach((label, one) => {
        if (label !== kind) return;
        labels.forEach((other, two) => {
          if (other === kind) return;
          const [p, q] = [data[one * 10 + kind] as number, data[two * 10 + kind] as number];
          wins += p > q ? 1 : p === q ? 0.5 : 0;
          pairs += 1;
        });
      });
      return wins / pairs;
    });
    return { evaluated, history, expected: areas.reduce((sum, area) => sum + area, 0) / 10 };
  });
  expect(evaluated.rocAuc).toBeCloseTo(expected, 9);
  for (const [name, value] of Object.entries(evaluated)) {
    const own = `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    expect(history[own]?.at(-1), name).toBeCloseTo(value, 9);
  }
  expect(history.rocAuc?.[1]).toBeGreaterThan(0.9);
  expect(history.rocAuc?.[1]).toBeLessThanOrEqual(1);
});

test("what is not defined is no number, with a reason, also after it was saved", async ({ page }) => {
  const { logs, told, warnings, kept } = await page.evaluate(async () => {
    const { data, loadModel } = globalThis.tabgrad;
    const { model } = await globalThis.small();
    model.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["rocAuc"] });
    const { pixels } = await globalThis.digits();
    const x = pixels?.slice(0, 64 * 784) as Uint8Array;
    const ones = data.fromArrays({ x, shape: [64, 28, 28, 1], y: new Uint8Array(64).fill(1) });
    const warnings: string[] = [];
    await model.fit(ones, { onEpochEnd: (report) => warnings.push(...report.warnings) });
    const told: string[] = [];
    const logs = await model.evaluate(ones, { onWarning: (warning) => told.push(warning) });
    await model.save("indexeddb://one-class");
    const again = await loadModel("indexeddb://one-class");
    return { logs, told, warnings, kept: again.history.rocAuc };
  });
  expect(logs.rocAuc).toBeNaN();
  expect(told).toEqual(["rocAuc: there are no positive samples for class 0, so it is not defined"]);
  expect(warnings).toEqual(told);
  expect(kept).toEqual([Number.NaN]);
});
