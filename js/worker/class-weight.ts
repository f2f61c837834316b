/** How much the samples of each class count. */
import { TabgradError } from "../errors.js";
import type { Dataset as WasmDataset, Model as WasmModel } from "../generated/tabgrad.js";
import type { ClassWeight, ClassWeights } from "../types/training.js";

/** The weights by the numbers of the classes of what is trained on, for the engine; `who` asks. */
export function classWeights(
  who: string,
  chosen: ClassWeights,
  model: WasmModel,
  dataset: WasmDataset,
): number[] | { [output: string]: number[] } {
  const weights = (own: ClassWeight, output?: string) =>
    weightsOf(who, own, dataset, model.targetsIn(dataset, output) ?? 0);
  if (!isByOutput(chosen)) return weights(chosen);
  return Object.fromEntries(Object.entries(chosen).map(([output, own]) => [output, weights(own, output)]));
}

function isByOutput(chosen: ClassWeights): chosen is { [output: string]: ClassWeight } {
  if (typeof chosen === "string" || Array.isArray(chosen)) return false;
  return Object.values(chosen).some((value) => typeof value !== "number");
}

/** Those of the classes of these targets of a dataset. */
function weightsOf(who: string, chosen: ClassWeight, dataset: WasmDataset, targets: number): number[] {
  if (chosen === "balanced") return Array.from(dataset.balancedWeights(targets));
  if (Array.isArray(chosen)) return chosen;
  // Classes of further targets have no names.
  const names = targets === 0 ? dataset.classNames() : [];
  const weights: number[] = [];
  for (const [name, weight] of Object.entries(chosen)) {
    const named = names.indexOf(name);
    const at = named < 0 && /^\d{1,5}$/.test(name) ? Number(name) : named;
    if (at < 0) {
      const found = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
      throw new TabgradError("argument", `${who}: classWeight names the class "${name}"; ${found}.`);
    }
    while (weights.length <= at) weights.push(1);
    weights[at] = weight;
  }
  return weights;
}
