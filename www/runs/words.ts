/** Where a kept run is, in words. */
import type { KeptRun } from "tabgrad";
import { count } from "../shared/format";

/** "in epoch 3 of 10, after batch 200" */
export function positionOf({ epoch, epochs, batch }: Pick<KeptRun, "epoch" | "epochs" | "batch">): string {
  const which = `epoch ${epoch + 1} of ${epochs}`;
  return batch > 0 ? `in ${which}, after batch ${count(batch)}` : `before ${which}`;
}

/** The same of a run that may have ended. */
export function stateOf(kept: KeptRun): string {
  if (kept.state === "finished") return "trained, not saved as a model";
  return kept.state === "trained" ? "trained, not tested and saved yet" : positionOf(kept);
}
