/** How much the samples of each class count in a run. */
import { TabgradError } from "../errors.js";
import type { Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { ClassWeight } from "../types/training.js";

/** The weights by the numbers of the classes of what is trained on. */
export function classWeights(chosen: ClassWeight, train: WasmDataset): number[] {
  if (chosen === "balanced") return Array.from(train.balancedWeights());
  if (Array.isArray(chosen)) return chosen;
  const names = train.classNames();
  const unknown = Object.keys(chosen).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const found = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
    throw new TabgradError("argument", `fit: classWeight names the class "${unknown}"; ${found}.`);
  }
  return names.map((name) => (Object.hasOwn(chosen, name) ? (chosen[name] as number) : 1));
}
