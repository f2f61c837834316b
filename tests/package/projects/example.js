// The example of the documentation, with digits handed in. Runs in a page, behind Vite, and in Node.

import { callbacks, data, layers, listModels, loadModel, optimizers, sequential } from "tabgrad";

/** Digits as `digits.bin` holds them: 2,000 to train on, 500 to test on; pixels before labels. */
export function unpack(bytes) {
  const [trained, tested, pixels] = [2000, 500, 784];
  let position = 0;
  const take = (length) => {
    position += length;
    return bytes.slice(position - length, position);
  };
  return {
    pixels: take(trained * pixels),
    labels: take(trained),
    testPixels: take(tested * pixels),
    testLabels: take(tested),
  };
}

export async function example({ pixels, labels, testPixels, testLabels }, url, image) {
  const classNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  const digits = sequential({
    inputShape: [28, 28, 1],
    seed: 7,
    layers: [
      layers.conv2d({ filters: 8, kernelSize: 5, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 16, kernelSize: 5, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
  digits.compile({
    optimizer: optimizers.adam({ learningRate: 1e-3 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });

  const train = data.fromArrays({ x: pixels, shape: [2000, 28, 28, 1], y: labels, classNames });
  const test = data.fromArrays({ x: testPixels, shape: [500, 28, 28, 1], y: testLabels, classNames });
  const controller = new AbortController();
  let reports = 0;
  const { history } = await digits.fit(train, {
    epochs: 5,
    batchSize: 32,
    validationData: test,
    signal: controller.signal,
    callbacks: [callbacks.earlyStopping({ monitor: "valLoss", patience: 2, restoreBestWeights: true })],
    onBatchEnd: ({ imagesPerSecond }) => {
      if (imagesPerSecond > 0) reports += 1;
    },
  });

  const evaluated = await digits.evaluate(test);
  const x = { data: testPixels.slice(0, 2 * 784), shape: [2, 28, 28, 1] };
  const predicted = await digits.predict(x);
  const classified = await digits.classify(image ?? testPixels.slice(0, 784), { top: 3 });
  const summary = await digits.summary();
  await digits.save(url);
  const again = await loadModel(url);
  const same = await again.predict(x);
  const listed = url.startsWith("indexeddb:") ? (await listModels()).map(({ name }) => name) : [];
  const file = await digits.export("safetensors");
  digits.dispose();

  return {
    history,
    evaluated,
    shape: predicted.shape,
    sums: [0, 1].map((row) => predicted.data.slice(row * 10, row * 10 + 10).reduce((sum, p) => sum + p, 0)),
    equal: predicted.data.every((value, index) => value === same.data[index]),
    classified,
    summary,
    listed,
    fileBytes: file.size,
    reports,
  };
}
