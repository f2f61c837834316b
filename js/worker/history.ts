/** The history that a model keeps. */
import type { Model as WasmModel } from "../generated/tabgrad.js";
import type { History } from "../types/training.js";

/** One number an epoch. A file of another program may hold something else there, or nothing. */
export function historyOf(model: WasmModel): History {
  const history: History = {};
  for (const [name, values] of Object.entries(model.history() ?? {})) {
    if (Array.isArray(values) && values.every((value) => typeof value === "number")) history[name] = values;
  }
  return history;
}
