/** The numbers of each epoch as a table. */
import type { Callback, Logs } from "../types/training.js";

/** How `csvLogger` writes. */
export interface CsvLoggerOptions {
  /** Between two columns; default ",". */
  separator?: string;
  /** Goes on with the table of the runs before instead of beginning anew; default false. */
  append?: boolean;
  /** Called with the whole table when a run has ended, whether or not it came to its last epoch. */
  onEnd?(csv: string): unknown;
}

/** A table of epochs in the making. */
export interface CsvLogger extends Callback {
  /** The table so far: a line with the names, then one an epoch. */
  readonly text: string;
  /** The same as a file. */
  toBlob(): Blob;
}

/** What it remembers of a run. */
interface Table {
  columns: string[] | undefined;
  text: string;
}

/**
 * Writes each epoch as a line: its number from 0, then the logs, by name. The first epoch decides on the columns; what
 * is missing later is left empty.
 */
export function csvLogger(options: CsvLoggerOptions = {}): CsvLogger {
  const { separator = ",", append = false, onEnd } = options;
  let columns: string[] | undefined;
  let text = "";
  const line = (cells: readonly (string | number)[]) => {
    text += `${cells.map((cell) => quoted(String(cell), separator)).join(separator)}\n`;
  };
  const write = (epoch: number, logs: Logs) => {
    if (!columns) {
      columns = Object.keys(logs).sort();
      line(["epoch", ...columns]);
    }
    line([epoch, ...columns.map((name) => logs[name] ?? "")]);
  };
  return {
    get text() {
      return text;
    },
    toBlob: () => new Blob([text], { type: "text/csv" }),
    onTrainBegin() {
      if (append) return;
      columns = undefined;
      text = "";
    },
    onEpochEnd: ({ epoch, logs }) => write(epoch, logs),
    onTrainEnd: () => onEnd?.(text),
    state: (): Table => ({ columns, text }),
    restore(state) {
      ({ columns, text } = state as Table);
    },
  };
}

function quoted(cell: string, separator: string): string {
  return cell.includes(separator) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
