/** What differs between a page and Node. */
import type { EngineMessage } from "../protocol.js";
import type { FromWorker, ToWorker } from "../wire.js";

/** A started worker, to talk to. */
export interface WorkerHandle {
  post(message: ToWorker<object> | EngineMessage, transfer: Transferable[]): void;
  terminate(): void;
  /** While false, the worker alone does not keep a Node program from ending. */
  keepAlive(on: boolean): void;
}

/** What a worker tells its owner. */
export interface WorkerListener {
  onMessage(message: FromWorker): void;
  /** The worker could not start, or has died. */
  onFailure(reason: string): void;
}

/** Where the two files of one build of the engine are. */
export interface EngineUrls {
  /** What the first prediction needs. */
  first: URL;
  /** Loaded after it, or when it is needed. */
  rest: URL;
}

/** A place that tabgrad runs in. */
export interface Platform {
  /** Where the worker's file is by default. */
  workerUrl(): URL;
  /** Where by default is what it loads after the first prediction. */
  workerRestUrl(): URL;
  /** Where the WebAssembly files are by default. */
  wasmUrls(): { baseline: EngineUrls; relaxed?: EngineUrls };
  /** Where what reads files is by default: its worker, and its WebAssembly. */
  dataUrls(): { worker: URL; wasm: URL };
  startWorker(url: URL, listener: WorkerListener): WorkerHandle;
  /** Compiles a module; missing where the worker does that as soon. */
  compile?(url: string): Promise<WebAssembly.Module>;
  /** Turns what the program wrote as an address into an absolute one. */
  resolve(url: string): URL;
  /** Asks the browser once to keep the saved models. */
  askToPersist(): Promise<void>;
}

let current: Platform | undefined;

/** Called once by the package's entry. */
export function usePlatform(platform: Platform): void {
  current = platform;
}

/** The place that tabgrad runs in. */
export function platform(): Platform {
  if (!current) throw new Error('tabgrad was imported by a path inside the package; import "tabgrad" itself');
  return current;
}
