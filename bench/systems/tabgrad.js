// tabgrad through its public interface, for a page and for Node.

import { imagesOf, modelFile, readWorkload, repeat } from "./workload.js";

/** Images whose predictions, one by one in one call, tell what computing alone takes. */
const SINGLES = 64;

/** @param tabgrad the package */
export const openWith = (tabgrad) =>
  async function open({ url, workers, batch }) {
    tabgrad.configure({ workers });
    const workload = await readWorkload(url);
    const { samples, inputs, labels, shape } = workload;
    const model = await tabgrad.loadModel(new Blob([await modelFile(url)]));
    const image = { data: imagesOf(workload, 0, 1).slice(), shape: [1, ...shape] };
    const singles = { data: imagesOf(workload, 0, SINGLES).slice(), shape: [SINGLES, ...shape] };
    // Not made before it is wanted: a first prediction does without.
    let made;
    const dataset = () => {
      made ??= tabgrad.data.fromArrays({ x: inputs, shape: [samples, ...shape], y: labels });
      return made;
    };
    let epochs = 1;
    let compiled = false;
    const compile = () => {
      if (compiled) return;
      compiled = true;
      model.compile({
        optimizer: { type: "adam", learningRate: 1e-3, epsilon: 1e-7 },
        loss: "sparseCategoricalCrossentropy",
      });
    };

    return {
      async outputs(count) {
        const x = { data: imagesOf(workload, 0, count).slice(), shape: [count, ...shape] };
        return Array.from((await model.predict(x, { batchSize: batch })).data);
      },

      /** One step of training on a batch; the loss before it. */
      async loss(index) {
        compile();
        const [from, to] = [index * batch, (index + 1) * batch];
        const x = { data: imagesOf(workload, from, to).slice(), shape: [batch, ...shape] };
        return (await model.trainOnBatch(x, labels.slice(from, to))).loss;
      },

      /** Epochs of `fit`, as many as fill the time; the first of a call only warms up. */
      async train(seconds) {
        compile();
        const ends = [];
        const onEpochEnd = () => ends.push(performance.now());
        await model.fit(dataset(), { epochs: epochs + 1, batchSize: batch, onEpochEnd });
        const passed = (ends.at(-1) - ends[0]) / 1000;
        const images = epochs * samples;
        epochs = Math.max(1, Math.round((epochs * seconds) / passed));
        return { count: images, seconds: passed };
      },

      async infer(seconds) {
        const { count, seconds: passed } = await repeat(seconds, () =>
          model.predict(dataset(), { batchSize: batch }),
        );
        return { count: count * samples, seconds: passed };
      },

      latency: (seconds) => repeat(seconds, () => model.predict(image)),

      async computing(seconds) {
        const { count, seconds: passed } = await repeat(seconds, () =>
          model.predict(singles, { batchSize: 1 }),
        );
        return { count: count * SINGLES, seconds: passed };
      },
    };
  };
