/** A dataset as a zip archive. */
import { call } from "../engine.js";
import { throwIfAborted } from "../errors.js";
import { callData, holdData } from "../importer.js";
import type { ReadOptions } from "../types/dataset.js";
import { reading } from "./reading.js";

/** Samples that travel at a time. */
const AT_ONCE = 64;

/** Writes all samples of a dataset, in the folders of their classes. */
export async function exported(
  dataset: number,
  length: number,
  classNames: readonly string[],
  options: ReadOptions,
): Promise<Blob> {
  const { onEvent } = reading(options);
  holdData();
  const id = await callData("beginExport", {});
  try {
    for (let from = 0; from < length; from += AT_ONCE) {
      throwIfAborted(options.signal);
      const indices = Uint32Array.from({ length: Math.min(AT_ONCE, length - from) }, (_, i) => from + i);
      const found = await call("datasetSamples", { id: dataset, indices });
      const samples = found.map((sample) => ({
        sample,
        folder: sample.label === undefined ? "samples" : (classNames[sample.label] ?? String(sample.label)),
      }));
      const transfer = found.map(({ data }) => data.buffer as ArrayBuffer);
      await callData("addToExport", { id, samples }, { transfer });
      onEvent({ done: from + indices.length, total: length, unit: "samples" });
    }
  } catch (error) {
    await callData("endExport", { id, keep: false }).catch(() => {});
    throw error;
  }
  return (await callData("endExport", { id, keep: true })) as Blob;
}
