/** Losses that look at an output alone, and the outputs that have one. */
import type { LossSpec, TrainerSpec } from "../types/specs.js";

/** The outputs that are trained, by their names. */
export interface TrainedOutputs {
  /** Those that have to be told what to answer, in the model's order. */
  targeted: string[];
  /** Those whose loss takes no target. */
  untargeted: string[];
}

/** Which of a model's outputs are trained, and on what. */
export function trainedOutputs({ loss }: TrainerSpec, outputs: readonly string[]): TrainedOutputs {
  const trained: TrainedOutputs = { targeted: [], untargeted: [] };
  outputs.forEach((name, position) => {
    const own = lossOf(loss, name, position);
    if (own !== undefined) trained[takesNoTarget(own) ? "untargeted" : "targeted"].push(name);
  });
  return trained;
}

function lossOf(losses: TrainerSpec["loss"], name: string, position: number) {
  if (Array.isArray(losses)) return losses[position];
  if (typeof losses === "string" || "type" in losses) return losses as LossSpec;
  return (losses as { [output: string]: LossSpec | LossSpec["type"] })[name];
}

/** Whether all that a loss makes of its target is nothing. */
function takesNoTarget(loss: LossSpec | LossSpec["type"]): boolean {
  if (typeof loss === "string" || loss.type !== "graph") return false;
  const takers = loss.model.nodes.filter(({ inputs }) => inputs.includes("yTrue"));
  return takers.every(({ layer }) => layer.type === "rescaling" && layer.scale === 0);
}
