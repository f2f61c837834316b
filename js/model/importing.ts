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
  const shapes = inputShape === undefined ? [] : shapesOf(inputShape);
  const { file, notes } = await callData("importModel", { sources, shapes }, { transfer, signal });
  releaseData();
  for (const note of notes) onNote?.(note);
  return file;
}

/** The shape of each input. */
function shapesOf(given: unknown): number[][] {
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
  const isShape = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);
  const shapes = isShape(given) ? [given] : given;
  if (Array.isArray(shapes) && shapes.every(isShape)) return shapes.map((shape) => [...shape]);
  throw new TabgradError(
    "argument",
    `importModel: inputShape is ${JSON.stringify(given)}, expected whole numbers from 1 on, as [224, 224, 3], or such a list for each input.`,
  );
}
