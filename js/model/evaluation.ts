/** What a model comes to on samples. */
import { call, reading } from "../core.js";
import type { Params } from "../protocol.js";
import type { EvaluateOptions, EvaluationDetails, Logs } from "../types/training.js";

/** What `evaluate` is told. */
export type DetailedOptions = EvaluateOptions & { details?: boolean };

/** Loss and metrics; with `details` also those of each class and what was said of each sample. */
export async function evaluated(
  params: Params<"evaluate">,
  transfer: Transferable[],
  options: DetailedOptions,
): Promise<Logs | EvaluationDetails> {
  const how = { transfer, ...reading(options) };
  if (options.details) {
    const details = await call("evaluateDetails", params, how);
    for (const warning of details.warnings) options.onWarning?.(warning);
    return details;
  }
  const { logs, warnings } = await call("evaluate", params, how);
  for (const warning of warnings) options.onWarning?.(warning);
  return logs;
}
