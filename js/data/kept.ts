/** Datasets from files, and those that are kept. */
import { call, make, reading } from "../core.js";
import { collectSoon } from "../garbage.js";
import { callData, releaseData } from "../importer.js";
import type { Dataset, FileSource, FilesOptions, StoredDataset } from "../types/dataset.js";
import { toWireSources } from "./sources.js";

/**
 * Files that are worth collecting once they are imported: each that was read takes two kilobytes of the browser's own
 * memory until nobody has it any more.
 */
const MANY_FILES = 500;

/** A dataset from whatever files there are. */
export async function importFiles(files: FileSource, options: FilesOptions): Promise<Dataset> {
  const { name, overwrite = false, signal: _signal, onProgress: _onProgress, ...wire } = options;
  const { sources, transfer } = await toWireSources(files);
  const named = name === undefined ? {} : { name };
  const params = { sources, options: wire, overwrite, ...named };
  const found = await callData("importFiles", params, { transfer, ...reading(options) });
  const made = await make((id) => call("openRecords", { id, ...found }));
  if (!found.inMemory) releaseData();
  if (sources.length > MANY_FILES) collectSoon();
  return made;
}

/** The datasets that are kept here. */
export function listDatasets(): Promise<StoredDataset[]> {
  return callData("listDatasets", {});
}

/** Opens one. */
export async function openDataset(name: string): Promise<Dataset> {
  const found = await callData("findDataset", { name });
  return make((id) => call("openRecords", { id, ...found }));
}

/** Deletes one. */
export function removeDataset(name: string): Promise<void> {
  return callData("removeDataset", { name });
}

/** Gives one another name. */
export function renameDataset(name: string, to: string): Promise<void> {
  return callData("renameDataset", { name, to });
}
