// Trains on MNIST through the package's public interface and tells the rate of each epoch. Runs in a page
// and in Node; `fit.mjs` starts both.

/** How each architecture is trained; the architectures themselves are in `fit/`. */
const recipes = {
  W1: { optimizer: { type: "adam", learningRate: 1e-3 }, batchSize: 64 },
  V3: {
    optimizer: {
      type: "adamw",
      learningRate: { type: "oneCycle", peak: 0.008 },
      beta2: 0.99,
      weightDecay: 0,
    },
    batchSize: 128,
  },
};

/**
 * Trains one architecture.
 *
 * @param tabgrad the package
 * @param {string} folder where MNIST's files are
 * @param spec the architecture
 * @param {number} epochs
 * @returns images a second of each epoch, by the clock around it, and the test accuracy after the last
 */
export async function measure({ data, modelFromSpec }, folder, spec, epochs) {
  const recipe = recipes[spec.name];
  const read = (part) =>
    data.fromIdx({
      images: `${folder}${part}-images.idx3.gzip`,
      labels: `${folder}${part}-labels.idx1.gzip`,
      preprocessing: {
        image: [],
        numeric: [
          { type: "scale", factor: 1 / 255 },
          { type: "normalize", mean: [0.1307], std: [0.3081] },
        ],
      },
    });
  const [train, test] = [await read("train"), await read("t10k")];
  const model = modelFromSpec({ ...spec, seed: 7 });
  model.compile({
    optimizer: recipe.optimizer,
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  const rates = [];
  await model.fit(train, {
    epochs,
    batchSize: recipe.batchSize,
    onBatchEnd: () => {},
    onEpochEnd: ({ seconds }) => rates.push(Math.round(train.length / seconds)),
  });
  const { accuracy } = await model.evaluate(test, { batchSize: 128 });
  model.dispose();
  train.dispose();
  test.dispose();
  return { rates, accuracy };
}
