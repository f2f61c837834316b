/** A dataset as a zip archive. */
import { callData, holdData } from "../importer.js";
import type { ReadOptions } from "../types/dataset.js";
import { buffersOf, eachBatch, type Numbered } from "./batches.js";

/** Writes all samples of a dataset, in the folders of their classes. */
export async function exported(
  dataset: Numbered,
  classNames: readonly string[],
  options: ReadOptions,
): Promise<Blob> {
  holdData();
  const id = await callData("beginExport", {});
  try {
    await eachBatch([dataset], options, async (found) => {
      const samples = found.map((sample) => ({
        sample,
        folder: sample.label === undefined ? "samples" : (classNames[sample.label] ?? String(sample.label)),
      }));
      await callData("addToExport", { id, samples }, { transfer: buffersOf(found) });
    });
  } catch (error) {
    await callData("endExport", { id, keep: false }).catch(() => {});
    throw error;
  }
  return (await callData("endExport", { id, keep: true })) as Blob;
}
