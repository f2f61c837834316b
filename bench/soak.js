// In a page: all that touches memory and storage, once.

const IMAGES = 512;
const SHAPE = [28, 28, 1];

/**
 * Makes the data ready.
 *
 * @param tabgrad the package
 * @returns what goes through a round; how many it went through
 */
export async function open(tabgrad) {
  const { configure, data, importModel, layers, loadModel, removeModel, sequential } = tabgrad;
  configure({ workers: 2 });
  const x = new Uint8Array(IMAGES * 784).map((_, i) => ((i * i) % 251) + (Math.floor(i / 784) % 5));
  const y = new Uint32Array(IMAGES).map((_, i) => i % 10);
  let seed = 0;
  const network = () =>
    sequential({
      inputShape: SHAPE,
      seed: seed++,
      layers: [
        layers.conv2d({ filters: 8, kernelSize: 3, activation: "relu" }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.batchNormalization(),
        layers.flatten(),
        layers.dense({ units: 32, activation: "relu" }),
        layers.dense({ units: 10, activation: "softmax" }),
      ],
    }).compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  return async () => {
    const set = data.fromArrays({ x: x.slice(), shape: [IMAGES, ...SHAPE], y: y.slice() });
    const model = network();
    const backup = { url: "indexeddb://soak", everySeconds: 0.05 };
    await model.fit(set, { epochs: 2, batchSize: 32, backup, validationSplit: 0.2 });
    await model.save("indexeddb://soaked");
    const file = new File([await model.export("onnx")], "soaked.onnx");
    const [loaded, read] = [await loadModel("indexeddb://soaked"), await importModel(file)];
    for (const one of [loaded, read]) {
      await one.predict({ data: x.slice(0, 16 * 784), shape: [16, ...SHAPE] });
      one.dispose();
    }
    await removeModel("indexeddb://soaked");
    model.dispose();
    set.dispose();
    return 1;
  };
}
