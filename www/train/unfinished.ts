import { forget, remember, remembered } from "../shared/settings";
import type { RunSettings } from "./network/presets";

/** A run as it was started, and how far it was saved: enough to go on after a reload. */
export interface Unfinished {
  name: string;
  datasetId: string;
  settings: RunSettings;
  epochsDone: number;
  /** What the model of the best epoch is called, if one is kept. */
  bestName?: string;
}

export function keepUnfinished(run: Unfinished): void {
  remember("run", run);
}

export function forgetUnfinished(): void {
  forget("run");
}

export function unfinishedRun(): Unfinished | undefined {
  return remembered("run", (value) => {
    const run = value as Unfinished;
    const sound =
      typeof run?.name === "string" &&
      typeof run.datasetId === "string" &&
      [run.epochsDone, run.settings?.epochs, run.settings?.batchSize].every(Number.isFinite);
    return sound ? run : undefined;
  });
}
