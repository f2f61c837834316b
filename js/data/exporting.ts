/** A dataset as a zip archive. */
import { callData, holdData } from "../importer.js";
import type { DatasetPart, ReadOptions } from "../types/dataset.js";
import { buffersOf, eachBatch, type Numbered } from "./batches.js";

/** What is known of the samples besides themselves. */
export interface ExportedDataset {
  classNames: readonly string[];
  boxClassNames: readonly string[] | undefined;
  /** What each sample was given for; empty where nobody asks. */
  parts: readonly (DatasetPart | undefined)[];
}

/** Writes all samples of a dataset, in the folders of their classes. */
export async function exported(
  dataset: Numbered,
  { classNames, boxClassNames, parts }: ExportedDataset,
  options: ReadOptions,
): Promise<Blob> {
  holdData();
  const id = await callData("beginExport", {});
  // As those of COCO lie, where folders are no classes.
  const other = boxClassNames ? "images" : "samples";
  let done = 0;
  try {
    await eachBatch([dataset], options, async (found) => {
      const samples = found.map((sample, i) => ({
        sample,
        folder: sample.label === undefined ? other : (classNames[sample.label] ?? String(sample.label)),
        part: parts[done + i],
      }));
      done += found.length;
      await callData("addToExport", { id, samples }, { transfer: buffersOf(found) });
    });
  } catch (error) {
    await callData("endExport", { id, keep: false }).catch(() => {});
    throw error;
  }
  return (await callData("endExport", {
    id,
    keep: true,
    boxClassNames: [...(boxClassNames ?? [])],
  })) as Blob;
}
