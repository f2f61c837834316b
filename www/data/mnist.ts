import { data, type ReadProgress } from "tabgrad";
import { ownFile } from "../shared/own-files";
import type { Source } from "./entry.svelte";
import { digits } from "./preprocessing";

const file = (name: string) => ownFile(`mnist/${name}`);

/** Size of the four files together, as they are fetched. */
export const MNIST_BYTES = 11_266_055;

export const mnist: Source = {
  id: "mnist",
  name: "MNIST digits",
  kind: "mnist",
  about:
    "70,000 handwritten digits, 28 × 28 grey pixels, by LeCun, Cortes and Burges (CC BY-SA 3.0). 60,000 to train on, 10,000 to test.",
  async read({ signal, onProgress }) {
    const parts = [0, 0];
    const follow = (part: number) => (progress: ReadProgress) => {
      parts[part] = progress.done;
      const done = (parts[0] ?? 0) + (parts[1] ?? 0);
      const secondsLeft = progress.rate > 0 ? (MNIST_BYTES - done) / progress.rate : undefined;
      onProgress({ ...progress, done, total: MNIST_BYTES, secondsLeft });
    };
    const [train, test] = await Promise.all([
      data.fromIdx({
        images: file("train-images.idx3.gzip"),
        labels: file("train-labels.idx1.gzip"),
        preprocessing: digits,
        signal,
        onProgress: follow(0),
      }),
      data.fromIdx({
        images: file("t10k-images.idx3.gzip"),
        labels: file("t10k-labels.idx1.gzip"),
        preprocessing: digits,
        signal,
        onProgress: follow(1),
      }),
    ]);
    return { train, test };
  },
};
