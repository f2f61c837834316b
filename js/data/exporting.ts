/** A dataset as a zip archive. */
import { callData, holdData } from "../importer.js";
import type { Dataset, DatasetPart, ReadOptions } from "../types/dataset.js";
import { buffersOf, eachBatch, type Numbered } from "./batches.js";

/** Writes all samples of a dataset, in the folders of their classes; `about` has what is known of them besides. */
export async function exported(dataset: Numbered, about: Dataset, options: ReadOptions): Promise<Blob> {
  const { classNames, boxClassNames } = about;
  const parts = boxClassNames ? await partOfEach(about) : [];
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

/** What each sample was given for, where that is known. */
async function partOfEach(dataset: Dataset): Promise<(DatasetPart | undefined)[]> {
  const all = new Array<DatasetPart | undefined>(dataset.length).fill(undefined);
  for (const part of ["train", "validation", "test"] as const) {
    if (dataset.parts?.[part]) for (const sample of await dataset.partIndices(part)) all[sample] = part;
  }
  return all;
}
