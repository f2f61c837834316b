/** A run that is kept, with all that remembers something: dropout, averaged weights, callbacks, augmentation. */

/**
 * Trains or goes on; says how it ends. Equal texts are equal bits.
 *
 * @param {typeof import("tabgrad")} tabgrad
 * @param {{ [part: string]: Uint8Array }} digits
 * @param {object} options of the run; `onStep` is told each batch, and has the model; `watch` is one more callback;
 * with `wide` its state is of some 20 MB
 */
export async function keptRun(
  tabgrad,
  digits,
  {
    backup,
    epochs = 4,
    samples = 1000,
    from = 0,
    seed = 5,
    patience = 2,
    wide = false,
    onStep,
    onResumed,
    onRun,
    signal,
    watch,
  },
) {
  const { callbacks, data, layers, sequential } = tabgrad;
  const x = digits.pixels.slice(from * 784, (from + samples) * 784);
  const y = digits.labels.slice(from, from + samples);
  const train = data.fromArrays({ x, shape: [samples, 28, 28, 1], y });
  const model = sequential({
    inputShape: [28, 28, 1],
    seed: 3,
    layers: [
      ...(wide ? wideLayers(layers) : convolution(layers)),
      layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
  const optimizer = { type: "adamw", learningRate: 0.004, emaMomentum: 0.9, useEma: true };
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  const log = callbacks.csvLogger();
  const resumed = [];
  try {
    const run = model.fit(train, {
      epochs,
      seed,
      batchSize: 20,
      validationSplit: 0.2,
      augmentation: { shift: 0.1 },
      callbacks: [
        callbacks.reduceLrOnPlateau({ monitor: "loss", patience: 1, factor: 0.5, minDelta: 0.3 }),
        callbacks.earlyStopping({ patience, minDelta: 0.1, restoreBestWeights: true }),
        log,
        ...(watch ? [watch] : []),
      ],
      ...(backup ? { backup } : {}),
      onResumed: (run) => {
        resumed.push(run);
        onResumed?.(run);
      },
      progressInterval: 0,
      onBatchEnd: onStep && ((report) => onStep(report, model)),
      signal,
    });
    onRun?.(run);
    const { history, epochs: done } = await run;
    const bits = await sums(model);
    return { end: JSON.stringify({ history, done, past: model.history, log: log.text, bits }), resumed };
  } finally {
    model.dispose();
    train.dispose();
  }
}

const convolution = (layers) => [
  layers.conv2d({ filters: 6, kernelSize: 5, activation: "relu" }),
  layers.batchNormalization(),
  layers.maxPooling2d({ poolSize: 2 }),
  layers.dropout({ rate: 0.2 }),
  layers.flatten(),
];

/** 1.25 million weights, of which the state holds the averages and the optimiser's two moments, too. */
const wideLayers = (layers) => [
  layers.flatten(),
  layers.dense({ units: 1200, activation: "relu" }),
  layers.batchNormalization(),
  layers.dropout({ rate: 0.2 }),
  layers.dense({ units: 256, activation: "relu" }),
];

/** A sum over the bits of each tensor. */
async function sums(model) {
  const weights = await model.getWeights();
  return weights.map(({ name, data }) => {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    return [name, words.reduce((sum, word) => (Math.imul(sum, 31) + word) | 0, 7)];
  });
}
