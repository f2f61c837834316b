/** What was meant by the arguments of a model's methods. */
import { isDatasetHandle } from "../data/dataset.js";
import type { Dataset } from "../types/dataset.js";
import type { Inputs, Targets } from "../types/tensors.js";

/** Tells `(dataset, options)` from `(x, y, options)`. */
export function sortArguments<O extends object>(
  x: Inputs | Dataset,
  second: Targets | O | undefined,
  third: O | undefined,
): { y: Targets | undefined; options: O } {
  if (isDatasetHandle(x)) return { y: undefined, options: (second ?? {}) as O };
  return { y: second as Targets | undefined, options: third ?? ({} as O) };
}
