/** Evaluation and prediction, a batch at a time, breathing in between. */
import { abortError, TabgradError } from "../errors.js";
import {
  Evaluation,
  type EvaluationReport,
  type Measured,
  type Dataset as WasmDataset,
} from "../generated/tabgrad.js";
import type { Tensor } from "../types/tensors.js";
import type { EvaluationDetails } from "../types/training.js";
import type { Context } from "./serve.js";
import type { ModelEntry } from "./session.js";
import { inBatches } from "./team/batches.js";
import type { Team } from "./team/team.js";
import { breathe, breathless } from "./yielding.js";

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
      use: ({ samples, sums, predictions, confidences, targets }) =>
        evaluation.add(samples, sums, predictions, confidences, targets),
      rest: (done) => rest(context, () => onProgress?.(done, dataset.length)),
    });
  } catch (error) {
    evaluation.free();
    throw error;
  }
  onProgress?.(dataset.length, dataset.length);
  return evaluation.finish();
}

/** Every output for every sample of a dataset, by name. */
export async function predict(
  team: Team,
  entry: ModelEntry,
  dataset: WasmDataset,
  batchSize: number,
  context: Context,
): Promise<{ [output: string]: Tensor }> {
  const batches: Tensor[][] = [];
  await inBatches<Tensor[]>(team, {
    entry,
    dataset,
    batchSize,
    compute: (from, to) => entry.model.predict(dataset, from, to),
    use: (outputs) => batches.push(outputs),
    rest: () => rest(context),
  });
  const outputs = entry.spec.outputs.map((name, index) => {
    const parts = batches.map((batch) => batch[index] as Tensor);
    return [name, parts.length === 1 ? (parts[0] as Tensor) : joined(parts, dataset.length)] as const;
  });
  return Object.fromEntries(outputs);
}

/** The parts of an output as one. */
function joined(parts: readonly Tensor[], samples: number): Tensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let position = 0;
  for (const part of parts) {
    data.set(part.data, position);
    position += part.data.length;
  }
  return { data, shape: [samples, ...(parts[0]?.shape.slice(1) ?? [])] };
}

/** Lets others have their turn when it is time, and ends what was aborted. */
async function rest(context: Context, before?: () => void): Promise<void> {
  if (!breathless()) return;
  before?.();
  await breathe();
  if (context.signal.aborted) throw abortError();
}

/** The engine's report in the form that programs get. */
export function detailsOf(report: EvaluationReport, classNames: readonly string[]): EvaluationDetails {
  const { logs, details } = report;
  if (!details) throw new TabgradError("internal", "evaluate: the engine gave no details.");
  const { confusion, classes, predictions, confidences, targets, ...scores } = details;
  const rows = Array.from({ length: confusion.classes }, (_, row) =>
    confusion.counts.slice(row * confusion.classes, (row + 1) * confusion.classes),
  );
  return {
    logs,
    ...scores,
    confusion: rows,
    classes: classes.map((scores, index) => ({ label: classNames[index] ?? String(index), ...scores })),
    predictions: Uint32Array.from(predictions),
    confidences: Float32Array.from(confidences),
    targets: Uint32Array.from(targets),
  };
}
