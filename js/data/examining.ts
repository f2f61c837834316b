/** A report on a dataset, wherever its samples are. */
import { callData } from "../importer.js";
import type { DataReport, Dataset, ReadOptions } from "../types/dataset.js";
import { buffersOf, eachBatch, type Numbered } from "./batches.js";

/** Looks at all samples; where there are two datasets, the second is what is tested with. */
export async function examined(
  datasets: readonly Numbered[],
  abouts: readonly Dataset[],
  options: ReadOptions,
): Promise<DataReport> {
  const classNames = abouts[0]?.classNames ?? [];
  const named = abouts.flatMap(({ boxClassNames }) => boxClassNames ?? []);
  const boxed = abouts.some(({ boxClassNames }) => boxClassNames);
  const boxClassNames = boxed ? [...new Set(named)] : undefined;
  const ofBoxes = boxClassNames ? { boxClassNames } : {};
  const id = await callData("beginExamination", { classNames: [...classNames], ...ofBoxes });
  try {
    // Of texts their numbers are looked at.
    await eachBatch(datasets, { ...options, textLength: 0 }, async (samples, at) => {
      // Numbers that are no classes are none to count.
      if (classNames.length === 0) for (const sample of samples) sample.label = undefined;
      // Two datasets may number the classes of boxes differently.
      for (const { boxes } of samples) {
        for (const box of boxes ?? []) box.label = boxClassNames?.indexOf(box.name) ?? 0;
      }
      const part = datasets.length < 2 ? {} : { part: at === 0 ? ("train" as const) : ("test" as const) };
      await callData("addToExamination", { id, samples, ...part }, { transfer: buffersOf(samples) });
    });
  } catch (error) {
    await callData("endExamination", { id, keep: false }).catch(() => {});
    throw error;
  }
  return (await callData("endExamination", { id, keep: true })) as DataReport;
}
