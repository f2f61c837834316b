/** The history that a model keeps. */
import type { Model as WasmModel } from "../generated/tabgrad.js";
import type { History, Logs } from "../types/training.js";

/** One number an epoch. A file of another program may hold something else there, or nothing. */
export function historyOf(model: WasmModel): History {
  const kept: [name: string, numbers: number[]][] = [];
  for (const [name, values] of Object.entries(model.history() ?? {})) {
    if (!Array.isArray(values)) continue;
    const numbers = values.map(orNaN);
    if (numbers.every((value) => typeof value === "number")) kept.push([name, numbers]);
  }
  // Whatever a name is, here it becomes a property and nothing else.
  return Object.fromEntries(kept);
}

/** The engine's numbers: what is not defined is `null` in JSON. */
export function numbersOf(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).map(([name, value]) => [name, orNaN(value)]));
}

function orNaN<T>(value: T): T | number {
  return value === null ? Number.NaN : value;
}
