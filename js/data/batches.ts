/** All samples of datasets, some at a time. */
import { call, reading, throwIfAborted } from "../core.js";
import type { ReadOptions, Sample, SampleOptions } from "../types/dataset.js";

/** Samples that travel at a time, at most. */
const AT_ONCE = 64;

/** Bytes that travel at a time: where samples are large, fewer of them do. */
const BYTES_AT_ONCE = 4 << 20;

/** A dataset by its number in the worker. */
export interface Numbered {
  id: number;
  length: number;
}

/** Samples of one dataset in another order. */
interface Ordered {
  order?: Uint32Array;
}

/** Hands over the samples of one dataset after the other; `at` says which. Their arrays may be moved. */
export async function eachBatch(
  datasets: readonly Numbered[],
  { textLength, order, ...options }: ReadOptions & SampleOptions & Ordered,
  visit: (samples: Sample[], at: number) => Promise<void>,
): Promise<void> {
  const { onEvent } = reading(options);
  const total = datasets.reduce((sum, { length }) => sum + length, 0);
  const most = textLength === undefined ? {} : { textLength };
  let [done, atOnce] = [0, 1];
  for (const [at, { id, length }] of datasets.entries()) {
    for (let from = 0; from < length; ) {
      throwIfAborted(options.signal);
      const count = Math.min(atOnce, length - from);
      const indices = Uint32Array.from({ length: count }, (_, i) => order?.[from + i] ?? from + i);
      const samples = await call("datasetSamples", { id, indices, ...most });
      const bytes = samples.reduce(
        (sum, { data, text }) => sum + data.byteLength + 2 * (text?.length ?? 0),
        0,
      );
      await visit(samples, at);
      from += indices.length;
      done += indices.length;
      atOnce = bytes > BYTES_AT_ONCE ? Math.max(1, atOnce >> 1) : Math.min(AT_ONCE, 2 * atOnce);
      onEvent({ done, total, unit: "samples" });
    }
  }
}

/** What of samples moves with them. */
export function buffersOf(samples: readonly Sample[]): ArrayBuffer[] {
  return samples.map(({ data }) => data.buffer as ArrayBuffer);
}
