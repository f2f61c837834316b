/** Where a model comes from: what the page remembers of it besides how well it did (notes.ts). */
import { forget, remember, remembered } from "../shared/settings";

/** All parts are optional: models come from files, from drawings and from earlier versions of the page. */
export interface Provenance {
  /** Of an imported model: its file, and what its reader said. */
  file?: { name: string; notes: string[] };
  /** The run that it is the best epoch of, and that may replace it by a better one. */
  bestOf?: string;
  /** What it takes, where it cannot be asked on this page. */
  elsewhere?: string;
  /** What it learned from, and what it was tested with. */
  data?: DataFacts;
  run?: RunFacts;
  result?: ResultFacts;
}

export interface DataFacts {
  /** By which the catalogue of datasets has it. */
  id: string;
  name: string;
  /** Where the data are from and under which licence, as far as that is known. */
  about: string;
  /** Samples that were learned from and that were held back. */
  train: number;
  test: number;
  /** Of each class among those learned from; empty where numbers are estimated. */
  counts: number[];
  /** How they were parted, in words. */
  split: string;
}

export interface RunFacts {
  epochs: number;
  batchSize: number;
  seed: number;
  /** When it was over, as milliseconds since 1970. */
  endedAt: number;
  /** All settings by their names. */
  settings: Readonly<Record<string, unknown>>;
}

export interface ResultFacts {
  /** "10,000 test images of MNIST digits" */
  on: string;
  total: number;
  /** What was measured, by the package's names. */
  logs: Readonly<Record<string, number>>;
  /** Rows are true classes, columns what the model said. */
  confusion?: readonly (readonly number[])[];
}

/** Confusion matrices of more classes are not remembered: the room for settings is small. */
export const MOST_CLASSES = 60;

const key = (name: string) => `provenance.${name}`;

export function provenanceOf(name: string): Provenance | undefined {
  return remembered(key(name), (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Provenance) : undefined,
  );
}

export function keepProvenance(name: string, provenance: Provenance | undefined): void {
  if (provenance) remember(key(name), provenance);
  else forget(key(name));
}
