/** All samples of datasets, some at a time. */
import { call, reading, throwIfAborted } from "../core.js";
import type { ReadOptions, Sample } from "../types/dataset.js";

/** Samples that travel at a time. */
const AT_ONCE = 64;

/** A dataset by its number in the worker. */
export interface Numbered {
  id: number;
  length: number;
}

/** Hands over the samples of one dataset after the other; `at` says which. Their arrays may be moved. */
export async function eachBatch(
  datasets: readonly Numbered[],
  options: ReadOptions,
  visit: (samples: Sample[], at: number) => Promise<void>,
): Promise<void> {
  const { onEvent } = reading(options);
  const total = datasets.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  for (const [at, { id, length }] of datasets.entries()) {
    for (let from = 0; from < length; from += AT_ONCE) {
      throwIfAborted(options.signal);
      const indices = Uint32Array.from({ length: Math.min(AT_ONCE, length - from) }, (_, i) => from + i);
      await visit(await call("datasetSamples", { id, indices }), at);
      done += indices.length;
      onEvent({ done, total, unit: "samples" });
    }
  }
}

/** What of samples moves with them. */
export function buffersOf(samples: readonly Sample[]): ArrayBuffer[] {
  return samples.map(({ data }) => data.buffer as ArrayBuffer);
}
