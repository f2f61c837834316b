/** A dataset as a zip archive. */

import { TabgradError } from "../core.js";
import type { PartFolders } from "../generated/tabgrad_data.js";
import { callData, holdData } from "../importer.js";
import type { Dataset, DatasetPart, ExportOptions } from "../types/dataset.js";
import { buffersOf, eachBatch, type Numbered } from "./batches.js";

type Parts = readonly (DatasetPart | undefined)[];

/** Writes all samples of a dataset, in the folders of their classes and parts; `about` has what is known of them. */
export async function exported(
  dataset: Numbered,
  about: Dataset,
  { parts: given, ...options }: ExportOptions,
): Promise<Blob> {
  const { classNames, boxClassNames } = about;
  const parts = given ?? (await partOfEach(about));
  if (parts.length > 0 && parts.length !== dataset.length) {
    const expected = `expected one for each of ${dataset.length} samples`;
    throw new TabgradError("shape", `parts: found ${parts.length}, ${expected}.`);
  }
  holdData();
  // Without classes the files of boxes say the parts.
  const folders = boxClassNames && classNames.length === 0 ? "none" : foldersOf(parts);
  const id = await callData("beginExport", { parts: folders });
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

/** What each sample was given for; nothing where that is not known. */
async function partOfEach(dataset: Dataset): Promise<Parts> {
  if (!dataset.parts) return [];
  const all = new Array<DatasetPart | undefined>(dataset.length).fill(undefined);
  for (const part of ["train", "validation", "test"] as const) {
    if (dataset.parts[part]) for (const sample of await dataset.partIndices(part)) all[sample] = part;
  }
  return all;
}

/** Where the folders of parts are: above those of classes if every sample is of one. */
function foldersOf(parts: Parts): PartFolders {
  if (!parts.some(Boolean)) return "none";
  return parts.every(Boolean) ? "above" : "below";
}
