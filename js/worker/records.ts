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
  { place, inMemory, indices, labels, boxes, sampleWeight }: StoredRecords,
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
  const dataset = chosenOf(whole, indices, { labels, boxes, sampleWeight });
  whole.free();
  return { dataset, ...about };
}

/** What samples have instead of their own. */
export interface Chosen {
  labels?: Uint32Array | undefined;
  boxes?: WireBoxes | undefined;
  sampleWeight?: Float32Array | undefined;
}

/** Some samples of a dataset, with what they have instead of their own. */
export function chosenOf(
  dataset: WasmDataset,
  indices: Uint32Array,
  { labels, boxes, sampleWeight }: Chosen,
): WasmDataset {
  const chosen = dataset.subset(indices, labels);
  const weighted = sampleWeight
    ? changed(chosen, (dataset) => dataset.withSampleWeight(sampleWeight))
    : chosen;
  if (!boxes) return weighted;
  const { classNames, counts, corners, classes } = boxes;
  return changed(weighted, (dataset) => dataset.withBoxes(classNames, counts, corners, classes));
}

/** What becomes of a dataset, which is freed. */
function changed(dataset: WasmDataset, change: (dataset: WasmDataset) => WasmDataset): WasmDataset {
  try {
    return change(dataset);
  } finally {
    dataset.free();
  }
}

/** What a dataset comes back from. */
export function rescued({ dataset, place }: DatasetEntry): DatasetOrigin {
  if (!place) return { parts: dataset.parts() };
  const sampleWeight = dataset.sampleWeight();
  const places = dataset.places();
  if (!places && !sampleWeight) return { stored: { place, inMemory: false } };
  const indices = places ?? Uint32Array.from({ length: dataset.length }, (_, sample) => sample);
  const [labels, boxes] = [dataset.labels(), dataset.boxParts()];
  const own = { ...(labels.length > 0 ? { labels } : {}), ...(boxes ? { boxes } : {}), sampleWeight };
  return { stored: { place, inMemory: false, indices, ...own } };
}
