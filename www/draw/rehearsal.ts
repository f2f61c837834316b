import { type Dataset, data } from "tabgrad";
import { ownFile } from "../shared/own-files";

let loading: Promise<Dataset> | undefined;

/** A sample of MNIST's training digits that comes with the page, fetched once when first needed. */
export function rehearsalDigits(): Promise<Dataset> {
  const file = (name: string) => ownFile(`models/${name}`);
  loading ??= data
    .fromIdx({ images: file("rehearsal-images.idx3.gzip"), labels: file("rehearsal-labels.idx1.gzip") })
    .catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
  return loading;
}

/** Samples as one block of bytes or numbers, with their labels. */
export interface Block {
  data: Uint8Array | Float32Array;
  shape: number[];
  labels: Uint32Array;
}

export async function block(dataset: Dataset, indices: readonly number[]): Promise<Block> {
  const samples = await dataset.samples(indices);
  const size = dataset.shape.reduce((product, n) => product * n, 1);
  const bytes = samples.every((sample) => sample.data instanceof Uint8Array);
  const values = bytes ? new Uint8Array(samples.length * size) : new Float32Array(samples.length * size);
  const labels = new Uint32Array(samples.length);
  samples.forEach((sample, i) => {
    values.set(sample.data, i * size);
    labels[i] = sample.label ?? 0;
  });
  return { data: values, shape: [samples.length, ...dataset.shape], labels };
}
