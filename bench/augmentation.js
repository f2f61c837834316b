// In a page: epochs of `fit` on images of noise, changed at random or not.

/**
 * Makes a model and images for it.
 *
 * @param tabgrad the package
 * @returns what trains an epoch with an augmentation; images a second
 */
export function open({ configure, data, modelFromSpec }, spec, images, workers) {
  configure({ workers });
  const [{ shape }] = spec.inputs;
  const size = shape.reduce((all, side) => all * side, 1);
  const pixels = new Uint8Array(images * size).map((_, i) => (((i * i) % 251) + (i >> 9) * 11) % 256);
  const labels = new Uint32Array(images).map((_, i) => i % 10);
  const model = modelFromSpec(spec);
  model.compile({ optimizer: { type: "adam", learningRate: 1e-4 }, loss: "sparseCategoricalCrossentropy" });
  const dataset = data.fromArrays({ x: pixels, shape: [images, ...shape], y: labels });
  return async (augmentation) => {
    let rate = 0;
    const onEpochEnd = ({ seconds }) => {
      rate = images / seconds;
    };
    // The workers' first steps belong to the first epoch, which is not counted.
    await model.fit(dataset, { epochs: 2, batchSize: 64, seed: 7, augmentation, onEpochEnd });
    return rate;
  };
}
