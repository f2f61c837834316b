// A worker with the engine and nothing of the package around it: its steps of training, one after the other.

import { DatasetBuilder, Model } from "../js/generated/tabgrad_bg.js";
import { useEngine } from "../js/worker/wasm.ts";

let model;
let dataset;

const answers = {
  async open({ wasm, spec, trainer, pixels, shape, labels }) {
    const [first, rest] = await Promise.all(wasm.map((url) => WebAssembly.compileStreaming(fetch(url))));
    await useEngine({ first, rest });
    const builder = new DatasetBuilder();
    builder.addBytes(pixels, Uint32Array.from(shape));
    builder.addClasses(labels);
    dataset = builder.build();
    model = new Model(spec);
    model.compile(trainer);
  },

  /** Trains an epoch; the milliseconds that it took. */
  epoch({ batchSize }) {
    const begun = performance.now();
    model.start({ epochs: 1, batchSize, shuffle: true, seed: 7 }, dataset);
    while (!model.advance(dataset).epochEnd);
    return performance.now() - begun;
  },
};

globalThis.onmessage = async ({ data }) => {
  globalThis.postMessage(await answers[data.type](data));
};
