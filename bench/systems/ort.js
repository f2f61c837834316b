// ONNX Runtime Web, wasm: inference only.

import * as ort from "onnxruntime-web/wasm";
import { batchesOf, channelsFirst, imagesOf, readWorkload, repeat } from "./workload.js";

export async function open({ url, workers, batch }) {
  ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;
  ort.env.wasm.numThreads = workers;
  const workload = await readWorkload(url);
  const { spec, samples, shape } = workload;
  const [{ name }] = spec.inputs;
  const session = await ort.InferenceSession.create(`${url}model.onnx`, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
  const feed = (from, to) => {
    const samples = imagesOf(workload, from, to);
    if (shape.length === 1)
      return { [name]: new ort.Tensor("float32", samples.slice(), [to - from, ...shape]) };
    const [height, width, channels] = shape;
    const images = channelsFirst(samples, shape);
    return { [name]: new ort.Tensor("float32", images, [to - from, channels, height, width]) };
  };
  const image = feed(0, 1);
  const batches = batchesOf(samples, batch).map(([from, to]) => feed(from, to));

  return {
    async outputs(count) {
      const outputs = await session.run(feed(0, count));
      return Array.from(outputs[spec.outputs[0]].data);
    },

    async infer(seconds) {
      const run = (count) => session.run(batches[count % batches.length]);
      const { count, seconds: passed } = await repeat(seconds, run);
      return { count: count * batch, seconds: passed };
    },

    latency: (seconds) => repeat(seconds, () => session.run(image)),
  };
}
