// In a page: an epoch by the bare loop (bare.js), and by `fit` with more and more to report.

const IMAGES = 16_384;
const SHAPE = [28, 28, 1];

/** What `fit` is asked to tell. */
const reports = {
  silent: {},
  usual: { onBatchEnd: () => {}, onEpochEnd: () => {} },
  kept: { onBatchEnd: () => {}, onEpochEnd: () => {}, backup: "indexeddb://overhead" },
  everyBatch: { onBatchEnd: () => {}, onEpochEnd: () => {}, progressInterval: 0 },
};

/**
 * Makes the same run ready for both.
 *
 * @param tabgrad the package
 * @returns what measures an epoch: `bare`, or a name of `reports`; in milliseconds
 */
export async function open({ configure, data, engineInfo, modelFromSpec }, spec, trainer, batchSize) {
  configure({ workers: 1 });
  const pixels = new Uint8Array(IMAGES * 784).map(
    (_, i) => (((i * i) % 251) + Math.floor(i / 784) * 11) % 256,
  );
  const labels = new Uint32Array(IMAGES).map((_, i) => i % 10);
  const model = modelFromSpec(spec);
  model.compile(trainer);
  const dataset = data.fromArrays({ x: pixels.slice(), shape: [IMAGES, ...SHAPE], y: labels.slice() });
  const { build } = await engineInfo();
  const name = build === "relaxed" ? "tabgrad_relaxed" : "tabgrad";
  const wasm = [`/dist/${name}_bg.wasm`, `/dist/${name}_rest.wasm`];
  const worker = new Worker("/systems/bare/system.js", { type: "module" });
  const ask = (message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(message);
    });
  await ask({ type: "open", wasm, spec, trainer, pixels, shape: SHAPE, labels });
  return async (how) => {
    if (how === "bare") return ask({ type: "epoch", batchSize });
    const begun = performance.now();
    await model.fit(dataset, { epochs: 1, batchSize, seed: 7, ...reports[how] });
    return performance.now() - begun;
  };
}

export const images = IMAGES;
