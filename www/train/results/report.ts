import type { Dataset, Model } from "tabgrad";

/** What an evaluation said about every sample of a test set. */
export interface Report {
  classNames: readonly string[];
  total: number;
  accuracy: number;
  loss: number;
  /** All that was measured, by the package's names. */
  logs: Readonly<Record<string, number>>;
  /** Rows are true classes, columns what the model said. */
  confusion: readonly (readonly number[])[];
  perClass: readonly ClassScore[];
  macroF1: number;
  /** For each sample: its class, the class the model chose, and with which probability. */
  labels: ArrayLike<number>;
  predictions: ArrayLike<number>;
  confidence: ArrayLike<number>;
}

export interface ClassScore {
  precision: number;
  recall: number;
  f1: number;
  support: number;
}

/** Asks a model about every sample. */
export async function measure(model: Model, dataset: Dataset): Promise<Report> {
  const details = await model.evaluate(dataset, { details: true });
  return {
    classNames: dataset.classNames,
    total: dataset.length,
    accuracy: details.accuracy,
    loss: details.logs.loss ?? Number.NaN,
    logs: details.logs,
    confusion: details.confusion,
    perClass: details.classes,
    macroF1: details.macro.f1,
    labels: details.targets,
    predictions: details.predictions,
    confidence: details.confidences,
  };
}

/** Samples the model got wrong, those it was surest of first. */
export function worstErrors(report: Report): number[] {
  const wrong: number[] = [];
  for (let i = 0; i < report.total; i++) if (report.predictions[i] !== report.labels[i]) wrong.push(i);
  return wrong.sort(bySureness(report));
}

/** Samples of one cell of the confusion matrix, the surest first. */
export function cellSamples(report: Report, truth: number, said: number): number[] {
  const samples: number[] = [];
  for (let i = 0; i < report.total; i++) {
    if (report.labels[i] === truth && report.predictions[i] === said) samples.push(i);
  }
  return samples.sort(bySureness(report));
}

function bySureness(report: Report): (a: number, b: number) => number {
  return (a, b) => (report.confidence[b] as number) - (report.confidence[a] as number);
}
