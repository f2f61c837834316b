/**
 * The one worker that computes, seen from outside: started at the first call, thrown away and replaced
 * when it fails. What should outlive a failure is kept here: the last consistent state of each model.
 */
import { useConfiguration, type WasmUrls } from "./config.js";
import { abortError, fromWire, TabgradError, throwIfAborted } from "./errors.js";
import { type EngineUrls, type Platform, platform, type WorkerHandle } from "./platform/platform.js";
import type { DatasetParts, FromWorker, Method, ModelSource, Params, Result, Urls } from "./protocol.js";
import type { TrainerSpec } from "./types/specs.js";

/** How a call is made. */
export interface CallOptions {
  /** Buffers that move to the worker. */
  transfer?: Transferable[];
  signal?: AbortSignal | undefined;
  /** What the worker tells meanwhile; what it returns is the answer where the worker waits for one. */
  onEvent?(event: unknown): unknown;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: TabgradError): void;
  onEvent: ((event: unknown) => unknown) | undefined;
}

/** What a model comes back from. */
interface Kept {
  /** Missing until there is something to come back to. */
  source?: ModelSource;
  compiled?: TrainerSpec;
}

const RESCUE_TIMEOUT = 10_000;

const kept = new Map<number, Kept>();
let lastId = 0;
let current: Promise<Connection> | undefined;

/** A new number for a model, a dataset or a run. */
export function newId(): number {
  lastId += 1;
  return lastId;
}

/** Says from what a model comes back if the engine has to be replaced. */
export function keep(model: number, state: Kept): void {
  kept.set(model, state);
}

/** Adds what `compile` chose. */
export function keepCompiled(model: number, compiled: TrainerSpec): void {
  const state = kept.get(model);
  if (state) state.compiled = compiled;
}

/** Forgets a model that was disposed of. */
export function forget(model: number): void {
  kept.delete(model);
}

/** Calls the worker. */
export async function call<M extends Method>(
  method: M,
  params: Params<M>,
  options: CallOptions = {},
): Promise<Result<M>> {
  throwIfAborted(options.signal);
  current ??= connect([]);
  const connection = await current;
  return connection.call(method, params, options);
}

/** Calls the worker if there is one; for what needs no answer. */
export function tell<M extends Method>(method: M, params: Params<M>): void {
  void current?.then((connection) => connection.call(method, params, {})).catch(() => {});
}

async function connect(datasets: { id: number; parts: DatasetParts }[]): Promise<Connection> {
  let connection: Connection | undefined;
  try {
    connection = new Connection();
    await connection.started;
    // A model that cannot come back must not take the others along: its next use says what is wrong.
    for (const { id, parts } of datasets) {
      await connection.call("createDataset", { id, parts }, {}).catch(() => {});
    }
    for (const [id, { source, compiled }] of kept) {
      if (!source) continue;
      await connection
        .call("createModel", { id, source, ...(compiled ? { compiled } : {}) }, {})
        .catch(() => {});
    }
  } catch (error) {
    connection?.close();
    // The next call tries anew: the file may be there by then.
    current = undefined;
    throw error;
  }
  return connection;
}

/** One worker and the calls that wait for it. */
class Connection {
  readonly started: Promise<void>;
  #worker: WorkerHandle;
  #pending = new Map<number, Pending>();
  #calls = 0;
  #running = false;
  #ended: TabgradError | undefined;
  #start!: { resolve(): void; reject(error: TabgradError): void };

  constructor() {
    this.started = new Promise((resolve, reject) => {
      this.#start = { resolve, reject };
    });
    const here = platform();
    const { workerUrl, workers, transport } = useConfiguration();
    const url = workerUrl === undefined ? here.workerUrl() : here.resolve(String(workerUrl));
    try {
      this.#worker = here.startWorker(url, {
        onMessage: (message) => this.#receive(message),
        onFailure: (reason) => this.#fail(this.#running ? died(reason) : workerFailure(reason, url)),
      });
    } catch (error) {
      throw workerFailure(error instanceof Error ? error.message : String(error), url);
    }
    // Who puts the worker elsewhere puts the file that it loads beside it.
    const zip = workerUrl === undefined ? here.zipUrl() : new URL("zip.js", url);
    const urls = { wasm: wasmUrls(), zip: zip.href };
    this.#worker.post({ type: "start", urls, workers, transport }, []);
  }

  call<M extends Method>(method: M, params: Params<M>, options: CallOptions): Promise<Result<M>> {
    const { signal, onEvent, transfer = [] } = options;
    return new Promise<Result<M>>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      if (signal?.aborted) return reject(abortError(signal));
      this.#calls += 1;
      const id = this.#calls;
      const onAbort = () => this.#worker.post({ type: "abort", id }, []);
      const settle = () => {
        signal?.removeEventListener("abort", onAbort);
        this.#pending.delete(id);
        if (this.#pending.size === 0) this.#worker.keepAlive(false);
      };
      this.#pending.set(id, {
        resolve: (value) => {
          settle();
          resolve(value as Result<M>);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        onEvent,
      });
      this.#worker.keepAlive(true);
      signal?.addEventListener("abort", onAbort);
      this.#worker.post({ type: "call", id, method, params }, transfer);
    });
  }

  close(): void {
    this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.#running = true;
        this.#worker.keepAlive(this.#pending.size > 0);
        this.#start.resolve();
        break;
      case "refused":
        this.#fail(fromWire(message.error));
        break;
      case "result":
        this.#pending.get(message.id)?.resolve(message.value);
        break;
      case "error": {
        const error = fromWire(message.error);
        this.#pending.get(message.id)?.reject(error);
        if (message.poisoned) this.#replace(error);
        break;
      }
      case "event":
        void this.#answer(message.id, message.event, message.waits);
        break;
      case "snapshot": {
        const state = kept.get(message.model);
        if (state) state.source = { file: message.file };
        break;
      }
    }
  }

  async #answer(id: number, event: unknown, waits: boolean): Promise<void> {
    const pending = this.#pending.get(id);
    try {
      const value = await pending?.onEvent?.(event);
      if (waits) this.#worker.post({ type: "answer", id, value }, []);
    } catch (error) {
      // A callback of the program threw: its error ends the call, and the worker need not go on.
      this.#worker.post({ type: "abort", id }, []);
      if (waits) this.#worker.post({ type: "answer", id, value: undefined }, []);
      pending?.reject(error as TabgradError);
    }
  }

  /** The engine's memory is not to be trusted any more: take over what can be read, start a new one. */
  #replace(error: TabgradError): void {
    if (this.#ended) return;
    const rescued = this.call("rescueDatasets", {}, {});
    const timeout = new Promise<[]>((resolve) => setTimeout(resolve, RESCUE_TIMEOUT, []));
    const datasets = Promise.race([rescued, timeout]).catch(() => []);
    current = datasets.then((found) => {
      this.#fail(error);
      return connect(found);
    });
    current.catch(() => {});
  }

  /** Ends everything that waits for this worker. */
  #fail(error: TabgradError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#start.reject(error);
    this.started.catch(() => {});
    for (const pending of [...this.#pending.values()]) pending.reject(error);
    this.#worker.terminate();
    void current?.then(
      (connection) => {
        if (connection === this) current = undefined;
      },
      () => {},
    );
  }
}

/** Where the worker finds the builds that it may run. */
function wasmUrls(): Urls["wasm"] {
  const here = platform();
  const { wasmUrl, deterministic } = useConfiguration();
  const given = typeof wasmUrl === "string" || wasmUrl instanceof URL ? { baseline: wasmUrl } : wasmUrl;
  const { baseline, relaxed } = given ? placed(given, here) : here.wasmUrls();
  const files = ({ first, rest }: EngineUrls) => ({ first: first.href, rest: rest.href });
  return { baseline: files(baseline), ...(relaxed && !deterministic ? { relaxed: files(relaxed) } : {}) };
}

/** The files where the program put them: those of a build side by side if it says nothing else. */
function placed(given: WasmUrls, { resolve }: Platform): { baseline: EngineUrls; relaxed?: EngineUrls } {
  const both = (at: string | URL, restAt: string | URL | undefined, name: string): EngineUrls => {
    const first = resolve(String(at));
    return { first, rest: restAt === undefined ? new URL(name, first) : resolve(String(restAt)) };
  };
  return {
    baseline: both(given.baseline, given.baselineRest, "tabgrad_rest.wasm"),
    ...(given.relaxed !== undefined
      ? { relaxed: both(given.relaxed, given.relaxedRest, "tabgrad_relaxed_rest.wasm") }
      : {}),
  };
}

function died(reason: string): TabgradError {
  return new TabgradError(
    "internal",
    `The worker ended: ${reason}. Models go on from their last complete epoch; datasets must be made again.`,
  );
}

function workerFailure(reason: string, url: URL): TabgradError {
  return new TabgradError(
    "wasm",
    `The worker ${url.href} failed: ${reason}. If the file is not there, copy worker.js (and zip.js) from the package's dist folder, or say where it is by configure({ workerUrl }). A content security policy must allow it by worker-src 'self'.`,
  );
}
