/** What callbacks watch: a number of the logs, and whether it became better. */
import { TabgradError } from "../core.js";
import type { Logs } from "../types/training.js";

/** A number of the epoch's logs and what is good of it. */
export interface MonitorOptions {
  /** A number of the epoch's logs; default "valLoss", or "loss" without validation data. */
  monitor?: string;
  /**
   * Whether small or large is good; default "max" for names with "accuracy", "auc", "precision", "recall", "kappa" or
   * "score", otherwise "min".
   */
  mode?: "min" | "max";
  /** By how much it has to be better to count; default anything above 0. */
  minDelta?: number;
}

const LARGE_IS_GOOD = /accuracy|auc|precision|recall|kappa|score/i;

/** The best value so far. */
export class Monitor {
  best: number | undefined;
  #options: MonitorOptions;
  #who: string;

  constructor(who: string, options: MonitorOptions) {
    const { minDelta = 0, mode = "min" } = options;
    if (!(Number.isFinite(minDelta) && minDelta >= 0))
      throw wrong(who, "minDelta", minDelta, "a number of at least 0");
    if (mode !== "min" && mode !== "max") throw wrong(who, "mode", mode, '"min" or "max"');
    this.#who = who;
    this.#options = options;
  }

  /** Whether the epoch is better than the best before it, which it then is. What is not a number is not. */
  improves(logs: Logs): boolean {
    const value = this.#value(logs);
    if (Number.isNaN(value) || (this.best !== undefined && !this.isBetter(logs, this.best))) return false;
    this.best = value;
    return true;
  }

  isBetter(logs: Logs, than: number): boolean {
    const { minDelta = 0, mode = LARGE_IS_GOOD.test(this.#name(logs)) ? "max" : "min" } = this.#options;
    const value = this.#value(logs);
    return mode === "max" ? value > than + minDelta : value < than - minDelta;
  }

  #name(logs: Logs): string {
    return this.#options.monitor ?? ("valLoss" in logs ? "valLoss" : "loss");
  }

  #value(logs: Logs): number {
    const name = this.#name(logs);
    const value = logs[name];
    if (value !== undefined) return value;
    const found = Object.keys(logs).join(", ");
    throw new TabgradError("notFound", `${this.#who}: "${name}" is not measured; there are ${found}.`);
  }
}

/** Refuses what is no whole number from `least` on. */
export function count(who: string, name: string, value: number, least: number): void {
  if (!(Number.isInteger(value) && value >= least))
    throw wrong(who, name, value, `an integer of at least ${least}`);
}

/** The error for an option. */
export function wrong(who: string, name: string, value: unknown, expected: string): Error {
  const found = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new TabgradError("argument", `${who}: ${name} is ${found}, expected ${expected}.`);
}
