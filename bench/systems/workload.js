// What every system of a page reads, and how each is timed.

/**
 * A workload's files.
 *
 * @param {string} url of their folder
 */
export async function readWorkload(url) {
  const get = async (name) => (await fetch(url + name)).arrayBuffer();
  const [workload, values, inputs, labels] = await Promise.all([
    fetch(`${url}workload.json`).then((response) => response.json()),
    get("weights.bin"),
    get("inputs.bin"),
    get("labels.bin"),
  ]);
  const { spec, samples } = workload;
  const weights = workload.weights.map(({ name, shape, offset }) => ({
    name,
    shape,
    data: new Float32Array(values, offset * 4, sizeOf(shape)),
  }));
  return {
    spec,
    samples,
    shape: spec.inputs[0].shape,
    weights,
    inputs: new Float32Array(inputs),
    labels: new Int32Array(labels),
  };
}

/** The workload's model as tabgrad saves it. */
export const modelFile = async (url) => (await fetch(`${url}model.safetensors`)).arrayBuffer();

export const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

/** Images `from` to `to`, and as [samples, channels, height, width] if they are wanted so. */
export function imagesOf({ inputs, shape }, from, to) {
  return inputs.subarray(from * sizeOf(shape), to * sizeOf(shape));
}

/** Images in the order of ONNX and JAX: channel by channel. */
export function channelsFirst(images, [height, width, channels]) {
  const result = new Float32Array(images.length);
  const pixels = height * width;
  for (let base = 0; base < images.length; base += pixels * channels) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        result[base + channel * pixels + pixel] = images[base + pixel * channels + channel];
      }
    }
  }
  return result;
}

/** The first and one past the last image of each whole batch. */
export function batchesOf(samples, batch) {
  return Array.from({ length: Math.floor(samples / batch) }, (_, i) => [i * batch, (i + 1) * batch]);
}

/**
 * Does something again and again, `seconds` long and at least once.
 *
 * @param {number} seconds
 * @param {(count: number) => unknown} step is given how often it has been done
 */
export async function repeat(seconds, step) {
  const begun = performance.now();
  let count = 0;
  let passed = 0;
  do {
    await step(count++);
    passed = (performance.now() - begun) / 1000;
  } while (passed < seconds);
  return { count, seconds: passed };
}
