/** Evaluation, a batch at a time, breathing in between. */
import { TabgradError } from "../errors.js";
import {
  Evaluation,
  type EvaluationReport,
  type Measured,
  type Dataset as WasmDataset,
} from "../generated/tabgrad.js";
import type { EvaluationDetails } from "../types/training.js";
import { numbersOf } from "./history.js";
import type { Context } from "./serve.js";
import type { ModelEntry } from "./session.js";
import { inBatches } from "./team/batches.js";
import type { Team } from "./team/team.js";
import { takeTurns } from "./yielding.js";

/** Measures a model on a dataset. */
export async function evaluate(
  team: Team,
  entry: ModelEntry,
  dataset: WasmDataset,
  batchSize: number,
  details: boolean,
  context: Context,
  onProgress?: (done: number, total: number) => void,
): Promise<EvaluationReport> {
  const evaluation = new Evaluation(entry.model, dataset, batchSize, details);
  try {
    await inBatches<Measured>(team, {
      entry,
      dataset,
      batchSize,
      evaluation: { details },
      compute: (from, to) => evaluation.measure(entry.model, dataset, from, to),
      use: ({ samples, sums, predictions, confidences, targets, scores }) =>
        evaluation.add(samples, sums, predictions, confidences, targets, scores),
      rest: (done) => takeTurns(context, () => onProgress?.(done, dataset.length)),
    });
  } catch (error) {
    evaluation.free();
    throw error;
  }
  onProgress?.(dataset.length, dataset.length);
  const report = evaluation.finish();
  return { ...report, logs: numbersOf(report.logs) };
}

/** The engine's report in the form that programs get. */
export function detailsOf(report: EvaluationReport, classNames: readonly string[]): EvaluationDetails {
  const { logs, warnings, details } = report;
  if (!details) throw new TabgradError("internal", "evaluate: the engine gave no details.");
  const { confusion, classes, predictions, confidences, targets, ...scores } = details;
  const rows = Array.from({ length: confusion.classes }, (_, row) =>
    confusion.counts.slice(row * confusion.classes, (row + 1) * confusion.classes),
  );
  return {
    logs,
    warnings,
    ...scores,
    confusion: rows,
    classes: classes.map((scores, index) => ({ label: classNames[index] ?? String(index), ...scores })),
    predictions: Uint32Array.from(predictions),
    confidences: Float32Array.from(confidences),
    targets: Uint32Array.from(targets),
  };
}
