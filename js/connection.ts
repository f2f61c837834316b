/** A worker seen from outside: calls with events, aborts and answers. */
import { abortError, fromWire, type TabgradError } from "./errors.js";
import type { WorkerHandle, WorkerListener } from "./platform/platform.js";
import type { EngineMessage } from "./protocol.js";
import type { Calls, CallsOf, FromWorker, ParamsOf, ResultOf, Snapshot } from "./wire.js";

/** How a call is made. */
export interface CallOptions {
  /** Buffers and the like that move to the worker. */
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

/** What a connection is told when it is made. */
export interface ConnectionOptions {
  /** Starts the worker. */
  start(listener: WorkerListener): WorkerHandle;
  /** What the worker is told first. */
  message: object;
  /** The error of calls where the worker cannot be started. */
  cannotStart(reason: string): TabgradError;
  /** The error of calls where it died. */
  died(reason: string): TabgradError;
  /** Its memory is not to be trusted any more. */
  onPoisoned(error: TabgradError): void;
  onSnapshot?(snapshot: Snapshot): void;
  /** It has ended. */
  onEnd(): void;
}

/** One worker and the calls that wait for it. */
export class Connection<M extends CallsOf<M>> {
  readonly started: Promise<void>;
  #options: ConnectionOptions;
  #worker: WorkerHandle;
  #pending = new Map<number, Pending>();
  #calls = 0;
  #running = false;
  #ended: TabgradError | undefined;
  #start!: { resolve(): void; reject(error: TabgradError): void };

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.started = new Promise((resolve, reject) => {
      this.#start = { resolve, reject };
    });
    const { start, message, cannotStart, died } = options;
    try {
      this.#worker = start({
        onMessage: (message) => this.#receive(message),
        onFailure: (reason) => this.fail(this.#running ? died(reason) : cannotStart(reason)),
      });
    } catch (error) {
      throw cannotStart(error instanceof Error ? error.message : String(error));
    }
    this.#worker.post({ type: "start", ...message }, []);
  }

  /** Calls that have no answer yet. */
  get waiting(): number {
    return this.#pending.size;
  }

  call<K extends Calls<M>>(method: K, params: ParamsOf<M, K>, options: CallOptions): Promise<ResultOf<M, K>> {
    const { signal, onEvent, transfer = [] } = options;
    return new Promise<ResultOf<M, K>>((resolve, reject) => {
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
          resolve(value as ResultOf<M, K>);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        onEvent,
      });
      this.#worker.keepAlive(true);
      signal?.addEventListener("abort", onAbort);
      try {
        this.#worker.post({ type: "call", id, method, params }, transfer);
      } catch (error) {
        // Something cannot travel.
        this.#pending.get(id)?.reject(error as TabgradError);
      }
    });
  }

  /** Tells the worker what is no call. */
  send(message: EngineMessage): void {
    this.#worker.post(message, []);
  }

  close(): void {
    this.#worker.terminate();
  }

  /** Ends everything that waits for this worker. */
  fail(error: TabgradError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#start.reject(error);
    this.started.catch(() => {});
    for (const pending of [...this.#pending.values()]) pending.reject(error);
    this.#worker.terminate();
    this.#options.onEnd();
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.#running = true;
        this.#worker.keepAlive(this.#pending.size > 0);
        this.#start.resolve();
        break;
      case "refused":
        this.fail(fromWire(message.error));
        break;
      case "result":
        this.#pending.get(message.id)?.resolve(message.value);
        break;
      case "error": {
        const error = fromWire(message.error);
        this.#pending.get(message.id)?.reject(error);
        if (message.poisoned) this.#options.onPoisoned(error);
        break;
      }
      case "event":
        void this.#answer(message.id, message.event, message.waits);
        break;
      case "snapshot":
        this.#options.onSnapshot?.(message);
        break;
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
}
