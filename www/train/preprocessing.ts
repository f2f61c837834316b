import type { Dataset, Preprocessing } from "tabgrad";
import { spread } from "../data/entry.svelte";

/** Mean and standard deviation of MNIST's training pixels, as recipes use them. */
const MNIST_MEAN = 0.1307;
const MNIST_STD = 0.3081;

/** Samples whose pixels are measured for the normalisation of other data. */
const MEASURED = 500;

/**
 * What is stored with a model so that drawings and photos become samples like those it was
 * trained on. Single-channel 28 x 28 samples are prepared as MNIST prepared its digits.
 */
export async function preprocessingFor(train: Dataset): Promise<Preprocessing> {
  const [height = 1, width = 1, channels = 1] = train.shape;
  const digits = height === 28 && width === 28 && channels === 1;
  const { mean, std } = digits ? { mean: MNIST_MEAN, std: MNIST_STD } : await measure(train);
  return {
    image: digits
      ? [{ type: "grayscale" }, { type: "invertIfDarkOnLight" }, { type: "centerOfMass", box: 20, size: 28 }]
      : [...(channels === 1 ? [{ type: "grayscale" }] : []), { type: "resize", height, width }],
    numeric: [
      { type: "scale", factor: 1 / 255 },
      { type: "normalize", mean: [mean], std: [std] },
    ],
  };
}

async function measure(train: Dataset): Promise<{ mean: number; std: number }> {
  const samples = await train.samples(spread(train.length, MEASURED));
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const { data } of samples) {
    const scale = data instanceof Uint8Array ? 255 : 1;
    for (const value of data) {
      sum += value / scale;
      squares += (value / scale) ** 2;
    }
    count += data.length;
  }
  const mean = count === 0 ? 0 : sum / count;
  const std = count === 0 ? 1 : Math.sqrt(Math.max(0, squares / count - mean * mean));
  return { mean, std: std > 1e-6 ? std : 1 };
}
