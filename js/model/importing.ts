/** Models of other systems. */
import { TabgradError } from "../core.js";
import { toWireSources } from "../data/sources.js";
import { callData, releaseData } from "../importer.js";
import type { FileSource } from "../types/dataset.js";
import type { ImportModelOptions } from "../types/model.js";

/** The file of a model that another system wrote. */
export async function importedFile(source: FileSource, options: ImportModelOptions): Promise<Uint8Array> {
  const { inputShape, onNote, signal } = options;
  const { sources, transfer } = await toWireSources(source);
  if (sources.length === 0) throw new TabgradError("argument", "importModel: found no file, expected one.");
  const shapes =
    inputShape === undefined ? [] : isShape(inputShape) ? [[...inputShape]] : inputShape.map((of) => [...of]);
  const { file, notes } = await callData("importModel", { sources, shapes }, { transfer, signal });
  releaseData();
  for (const note of notes) onNote?.(note);
  return file;
}

function isShape(value: readonly number[] | readonly (readonly number[])[]): value is readonly number[] {
  return value.every((size) => typeof size === "number");
}
