/** Samples that are rows, or texts, as those of a table with what is to be answered in the last column. */
import type { Dataset, ExportOptions, Sample } from "../types/dataset.js";

/** The columns of a table. */
export interface Columns {
  /** That of what is to be answered is the last, if there is one. */
  names: string[];
  /** Those that samples are made of. */
  inputs: string[];
  /** Names of the classes, where they are to be answered. */
  classNames: readonly string[] | undefined;
}

/** What is known of a dataset that a table is made of. */
type About = Pick<Dataset, "preprocessing" | "report" | "classNames">;

/**
 * The columns of a dataset whose first sample is this; nothing where samples are no rows, or where a file that has
 * only one column would not be known as a table. Texts are rows if they came as such, or if their answers are numbers.
 */
export function columnsOf(
  { preprocessing: { table, text }, report, classNames }: About,
  first: Sample,
  given?: ExportOptions["columns"],
): Columns | undefined {
  const { row, label, target } = first;
  if (target && target.length !== 1) return undefined;
  const read = report.table?.columns.find(({ use }) => use === "input")?.name;
  const ofText = text && (given || read || target) ? [given?.text ?? read ?? "text"] : [];
  const inputs = table
    ? table.columns.map(({ name = "" }) => name).filter((name) => row && Object.hasOwn(row, name))
    : ofText;
  const answers = label !== undefined || target;
  const names = [...inputs];
  if (answers) names.push(given?.target ?? table?.target ?? report.table?.target ?? "target");
  if (inputs.length === 0 || names.length < 2) return undefined;
  return { names, inputs, classNames: label === undefined ? undefined : classNames };
}

/** The cells of samples, row after row, and the numbers of the last column, where there are some. */
export function rowsOf(
  { inputs, classNames }: Columns,
  samples: readonly Sample[],
): { cells: string[]; numbers: Float32Array | undefined } {
  const cells = samples.flatMap(({ row, text, label }) => [
    ...inputs.map((name) => (row ? String(row[name] ?? "") : (text ?? ""))),
    ...(classNames ? [classNames[label ?? -1] ?? ""] : []),
  ]);
  const numbers = samples.flatMap(({ target }) => target ?? []);
  return { cells, numbers: numbers.length > 0 ? Float32Array.from(numbers) : undefined };
}
