import { TabgradError } from "./errors.js";
import type { EngineInfo } from "./types/engine.js";

/** Settings that hold for everything; all optional. */
export interface Configuration {
  /**
   * Where the WebAssembly files are, if not beside the package's own files: both builds, or one address for
   * the baseline (`tabgrad_bg.wasm`), which then runs everywhere.
   */
  wasmUrl?: string | URL | WasmUrls;
  /** Where the worker's file is, if not beside the package's own files; `worker-rest.js` is then beside it. */
  workerUrl?: string | URL;
  /** In Node, the folder in which named datasets are kept; by default `.tabgrad/datasets` in one's home. */
  datasetFolder?: string;
  /**
   * Workers that compute at most; by default one for each core. Results do not depend on it. A step of
   * training has work for as many as its batch has shards (`FitOptions.shards`).
   */
  workers?: number;
  /**
   * How workers talk to each other: by default through shared memory where the page is cross-origin isolated,
   * which is faster for short steps, and by messages elsewhere. Results do not depend on it.
   */
  transport?: EngineInfo["transport"];
  /**
   * The same seed gives the same bits on every machine: takes the baseline build. Without it a browser with
   * relaxed SIMD runs a faster one, whose results differ in the last digits from processor to processor.
   */
  deterministic?: boolean;
}

/** Where the two builds of the engine are, each in two files. */
export interface WasmUrls {
  /** `tabgrad_bg.wasm`, which every supported browser runs. */
  baseline: string | URL;
  /** `tabgrad_relaxed_bg.wasm`, for browsers with relaxed SIMD. Without it the baseline runs there too. */
  relaxed?: string | URL;
  /** What is loaded after the first prediction; by default `tabgrad_rest.wasm` beside `baseline`. */
  baselineRest?: string | URL;
  /** The same of the other build; by default `tabgrad_relaxed_rest.wasm` beside `relaxed`. */
  relaxedRest?: string | URL;
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
  const { workers, transport } = settings;
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1)) {
    throw new TabgradError(
      "argument",
      `configure: workers is ${workers}, expected an integer of at least 1.`,
    );
  }
  if (transport !== undefined && !["messages", "sharedMemory"].includes(transport)) {
    throw new TabgradError(
      "argument",
      `configure: transport is ${String(transport)}, expected "messages" or "sharedMemory".`,
    );
  }
  configuration = { ...configuration, ...settings };
}

/** The settings, which from now on hold. */
export function useConfiguration(): Configuration {
  inUse = true;
  return configuration;
}
