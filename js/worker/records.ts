/** Datasets whose samples stay in a file: how the engine reads them. */
import { openRecords, type Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { DatasetOrigin, StoredRecords, WireBoxes } from "../protocol.js";
import type { DatasetReport } from "../types/dataset.js";
import type { RestPlatform } from "./platform.js";
import type { DatasetEntry } from "./session.js";

/** Parts as files number them. */
const PARTS = { train: 1, validation: 2, test: 3 } as const;

/** Opens a dataset; its file is closed when nothing reads from it any more. */
export async function openStored(
  platform: RestPlatform,
  { place, inMemory, indices, labels, boxes }: StoredRecords,
): Promise<DatasetEntry> {
  const records = openRecords(await platform.openRecords(place));
  const report = records.report() as DatasetReport;
  const parts = records.hasParts
    ? {
        train: records.part(PARTS.train),
        validation: records.part(PARTS.validation),
        test: records.part(PARTS.test),
      }
    : undefined;
  const whole = records.intoDataset(inMemory);
  const about = { report, ...(inMemory ? {} : { place }) };
  if (!indices) return { dataset: whole, parts, ...about };
  const dataset = chosenOf(whole, indices, labels, boxes);
  whole.free();
  return { dataset, ...about };
}

/** Some samples of a dataset, with these classes and boxes instead of their own. */
export function chosenOf(
  dataset: WasmDataset,
  indices: Uint32Array,
  labels?: Uint32Array,
  boxes?: WireBoxes,
): WasmDataset {
  const chosen = dataset.subset(indices, labels);
  if (!boxes) return chosen;
  const { classNames, counts, corners, classes } = boxes;
  try {
    return chosen.withBoxes(classNames, counts, corners, classes);
  } finally {
    chosen.free();
  }
}

/** What a dataset comes back from. */
export function rescued({ dataset, place }: DatasetEntry): DatasetOrigin {
  if (!place) return { parts: dataset.parts() };
  const indices = dataset.places();
  if (!indices) return { stored: { place, inMemory: false } };
  const [labels, boxes] = [dataset.labels(), dataset.boxParts()];
  const own = { ...(labels.length > 0 ? { labels } : {}), ...(boxes ? { boxes } : {}) };
  return { stored: { place, inMemory: false, indices, ...own } };
}
