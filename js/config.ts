import { TabgradError } from "./errors.js";

/** Settings that hold for everything; all optional. */
export interface Configuration {
  /** Where the WebAssembly file is, if not beside the package's own files. */
  wasmUrl?: string | URL;
  /** Where the worker's file is, if not beside the package's own files. */
  workerUrl?: string | URL;
  /** Cores that training may use at most. This version trains on one, whatever is allowed. */
  workers?: number;
  /**
   * The same seed gives the same bits on every machine. This version always computes so; set it to keep
   * that when faster ways come that do not.
   */
  deterministic?: boolean;
}

let configuration: Configuration = {};
let inUse = false;

/** Changes settings. Call it before anything else: a started engine keeps what it started with. */
export function configure(settings: Configuration): void {
  if (inUse) {
    throw new TabgradError(
      "argument",
      "configure: the engine has started already; call it before anything else.",
    );
  }
  const { workers } = settings;
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1)) {
    throw new TabgradError(
      "argument",
      `configure: workers is ${workers}, expected an integer of at least 1.`,
    );
  }
  configuration = { ...configuration, ...settings };
}

/** The settings, which from now on hold. */
export function useConfiguration(): Configuration {
  inUse = true;
  return configuration;
}
