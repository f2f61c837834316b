/** A dataset as a zip archive. */

import { TabgradError } from "../core.js";
import type { PartFolders } from "../generated/tabgrad_data.js";
import { callData, holdData } from "../importer.js";
import type { Dataset, DatasetPart, ExportOptions, Sample } from "../types/dataset.js";
import { buffersOf, eachBatch, type Numbered } from "./batches.js";
import { type Columns, columnsOf, rowsOf } from "./columns.js";

type Parts = readonly (DatasetPart | undefined)[];

/** Writes all samples of a dataset, in the folders of their classes and parts; `about` has what is known of them. */
export async function exported(
  dataset: Numbered,
  about: Dataset,
  { parts: given, columns: names, ...options }: ExportOptions,
): Promise<Blob> {
  const { classNames, boxClassNames } = about;
  const parts = given ?? (await partOfEach(about));
  if (parts.length > 0 && parts.length !== dataset.length) {
    const expected = `expected one for each of ${dataset.length} samples`;
    throw new TabgradError("shape", `parts: found ${parts.length}, ${expected}.`);
  }
  const columns = columnsOf(about, await about.sample(0, { textLength: 0 }), names);
  // Tables are written one after the other.
  const order = columns && byPart(dataset.length, parts);
  holdData();
  // Without classes the files of boxes say the parts.
  const folders = boxClassNames && classNames.length === 0 ? "none" : foldersOf(parts);
  const id = await callData("beginExport", { parts: folders });
  // As those of COCO lie, where folders are no classes.
  const other = boxClassNames ? "images" : "samples";
  let done = 0;
  try {
    await eachBatch([dataset], { ...options, ...(order ? { order } : {}) }, async (found) => {
      const partAt = (i: number) => parts[order?.[done + i] ?? done + i];
      const samples = found.map((sample, i) => ({ sample, part: partAt(i) }));
      done += found.length;
      if (columns) {
        await addRows(id, columns, samples);
        return;
      }
      const placed = samples.map(({ sample, part }) => {
        const folder =
          sample.label === undefined ? other : (classNames[sample.label] ?? String(sample.label));
        return { sample, part, folder };
      });
      await callData("addToExport", { id, samples: placed }, { transfer: buffersOf(found) });
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

/** Adds rows to the tables of their parts. */
async function addRows(
  id: number,
  columns: Columns,
  samples: readonly { sample: Sample; part: DatasetPart | undefined }[],
): Promise<void> {
  for (const part of new Set(samples.map(({ part }) => part))) {
    const own = samples.filter((of) => of.part === part).map(({ sample }) => sample);
    await callData("addRowsToExport", { id, part, names: columns.names, ...rowsOf(columns, own) });
  }
}

/** All samples, those of a part one after the other. */
function byPart(length: number, parts: Parts): Uint32Array {
  const rank = (part: DatasetPart | undefined) => ["train", "validation", "test", undefined].indexOf(part);
  const all = Array.from({ length }, (_, i) => i);
  return Uint32Array.from(all.sort((a, b) => rank(parts[a]) - rank(parts[b])));
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
