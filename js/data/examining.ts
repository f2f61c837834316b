/** A report on a dataset, wherever its samples are. */
import { callData } from "../importer.js";
import type { DataReport, ReadOptions } from "../types/dataset.js";
import { buffersOf, eachBatch, type Numbered } from "./batches.js";

/** Looks at all samples; where there are two datasets, the second is what is tested with. */
export async function examined(
  datasets: readonly Numbered[],
  classNames: readonly string[],
  options: ReadOptions,
): Promise<DataReport> {
  const id = await callData("beginExamination", { classNames: [...classNames] });
  try {
    await eachBatch(datasets, options, async (samples, at) => {
      // Numbers that are no classes are none to count.
      if (classNames.length === 0) for (const sample of samples) sample.label = undefined;
      const part = datasets.length < 2 ? {} : { part: at === 0 ? ("train" as const) : ("test" as const) };
      await callData("addToExamination", { id, samples, ...part }, { transfer: buffersOf(samples) });
    });
  } catch (error) {
    await callData("endExamination", { id, keep: false }).catch(() => {});
    throw error;
  }
  return (await callData("endExamination", { id, keep: true })) as DataReport;
}
