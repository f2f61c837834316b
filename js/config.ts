import { TabgradError } from "./errors.js";

/** Settings that hold for everything; all optional. */
export interface Configuration {
  /**
   * Where the WebAssembly files are, if not beside the package's own files: both builds, or one address for
   * the baseline (`tabgrad_bg.wasm`), which then runs everywhere.
   */
  wasmUrl?: string | URL | WasmUrls;
  /** Where the worker's file is, if not beside the package's own files. */
  workerUrl?: string | URL;
  /** Cores that training may use at most. This version trains on one, whatever is allowed. */
  workers?: number;
  /**
   * The same seed gives the same bits on every machine: takes the baseline build. Without it a browser with
   * relaxed SIMD runs a faster one, whose results differ in the last digits from processor to processor.
   */
  deterministic?: boolean;
}

/** Where the two builds of the engine are. */
export interface WasmUrls {
  /** `tabgrad_bg.wasm`, which every supported browser runs. */
  baseline: string | URL;
  /** `tabgrad_relaxed_bg.wasm`, for browsers with relaxed SIMD. Without it the baseline runs there too. */
  relaxed?: string | URL;
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
