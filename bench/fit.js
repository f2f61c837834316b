// Trains on MNIST through the package's public interface and tells the rate of each epoch. Runs in a page
// and in Node; `fit.mjs` starts both.

/** The architectures by the names that they have in docs: layers, optimiser, batch size. */
const recipes = (layers, optimizers, schedules) => ({
  W1: {
    layers: [
      layers.conv2d({ filters: 8, kernelSize: 5, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 16, kernelSize: 5, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 10, activation: "softmax" }),
    ],
    optimizer: optimizers.adam({ learningRate: 1e-3 }),
    batchSize: 64,
  },
  V3: {
    layers: [
      layers.conv2d({ filters: 16, kernelSize: 5, strides: 2 }),
      layers.batchNormalization(),
      layers.activation({ activation: "relu" }),
      layers.conv2d({ filters: 24, kernelSize: 3 }),
      layers.batchNormalization(),
      layers.activation({ activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 32, kernelSize: 3 }),
      layers.batchNormalization(),
      layers.activation({ activation: "relu" }),
      layers.flatten(),
      layers.dense({ units: 10, activation: "softmax" }),
    ],
    optimizer: optimizers.adamw({
      learningRate: schedules.oneCycle({ peak: 0.008 }),
      beta2: 0.99,
      weightDecay: 0,
    }),
    batchSize: 128,
  },
});

/**
 * Trains one architecture.
 *
 * @param tabgrad the package
 * @param {string} folder where MNIST's files are
 * @param {"W1" | "V3"} name
 * @param {number} epochs
 * @returns images a second of each epoch, by the clock around it, and the test accuracy after the last
 */
export async function measure(tabgrad, folder, name, epochs) {
  const { data, layers, optimizers, schedules, sequential } = tabgrad;
  const recipe = recipes(layers, optimizers, schedules)[name];
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
  const model = sequential({ inputShape: [28, 28, 1], seed: 7, layers: recipe.layers });
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
