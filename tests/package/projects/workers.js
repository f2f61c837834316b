/** A seeded run by several workers, as a page and a Node program make it. */

/** Trains, and says how the weights end: equal texts are equal bits. */
export async function trained(
  tabgrad,
  digits,
  { workers, transport, batchSize, shards, augmentation, epochs = 2, samples = 1000 },
) {
  const { data, engineInfo, layers, sequential } = tabgrad;
  // The build that Node and pages have in common.
  tabgrad.configure({ workers, transport, deterministic: true });
  const subset = { x: digits.pixels.slice(0, samples * 784), y: digits.labels.slice(0, samples) };
  const train = data.fromArrays({ ...subset, shape: [samples, 28, 28, 1] });
  // Peers start while a run goes on; this one waits for them.
  const warm = sequential({
    inputShape: [28, 28, 1],
    layers: [layers.flatten(), layers.dense({ units: 10, activation: "softmax" })],
  });
  warm.compile({ loss: "sparseCategoricalCrossentropy" });
  for (let tries = 0; tries < 40 && (await engineInfo()).workers < Math.min(workers ?? 1, 8); tries += 1) {
    await warm.fit(train, { batchSize: 128, shards: 8, epochs: 10 });
  }
  const info = await engineInfo();
  // To workers that were made to die in the run that follows.
  const channel = new BroadcastChannel("the run begins");
  channel.postMessage("now");
  await new Promise((resolve) => setTimeout(resolve, 50));
  channel.close();
  const obituaries = new BroadcastChannel("a worker dies");
  let deaths = 0;
  obituaries.onmessage = () => {
    deaths += 1;
  };
  const model = sequential({
    inputShape: [28, 28, 1],
    seed: 7,
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 5, useBias: false }),
      layers.batchNormalization(),
      layers.activation({ activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dropout({ rate: 0.25 }),
      layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  // Weights that are put in during the run must reach every worker.
  const halve = {
    async onEpochEnd({ epoch }) {
      if (epoch > 0) return;
      const weights = await model.getWeights();
      await model.setWeights(
        weights.map(({ name, data }) => ({ name, data: data.map((value) => value / 2) })),
      );
    },
  };
  const options = { epochs, batchSize, callbacks: [halve], ...(shards ? { shards } : {}), augmentation };
  const { history } = await model.fit(train, options);
  const { logs, confidences } = await model.evaluate(train, { batchSize: 10, details: true });
  // Copies of the model that other workers have measure by the new metrics.
  model.compile({
    optimizer: "adam",
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy", { type: "topKAccuracy", k: 3 }],
  });
  const remeasured = await model.evaluate(train, { batchSize: 10 });
  const { data: outputs } = await model.predict(train, { batchSize: 7 });
  obituaries.close();
  return {
    hash: hashOf(await model.getWeights()),
    deaths,
    history,
    evaluated: [logs, hashOf([{ data: confidences }]), remeasured],
    predicted: hashOf([{ data: outputs }]),
    info,
    after: await engineInfo(),
  };
}

/** FNV-1a over the bits of these numbers. */
function hashOf(tensors) {
  let hash = 0x811c9dc5;
  for (const { data } of tensors) {
    for (const byte of new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) {
      hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    }
  }
  return hash.toString(16);
}
