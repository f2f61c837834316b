/** Answers calls: one at a time each, several at once, with events and aborts. */
import { TabgradError, toWire } from "../errors.js";
import type { FromWorker, Method, Params, Result, StartMessage, ToWorker } from "../protocol.js";

/** The other side. */
export interface Port {
  post(message: FromWorker, transfer?: Transferable[]): void;
}

/** Starts the engine and gives what answers calls. */
export type Start = (start: StartMessage, port: Port) => Promise<Handlers>;

/** What a handler can do besides returning. */
export interface Context {
  signal: AbortSignal;
  /** Tells the caller something. */
  emit(event: unknown): void;
  /** Tells the caller something and waits for what it says. */
  ask(event: unknown): Promise<unknown>;
}

/** One function for every method. */
export type Handlers = {
  [M in Method]: (params: Params<M>, context: Context) => Result<M> | Promise<Result<M>>;
};

/** The calls of one port. */
export class Server {
  #port: Port;
  #start: Start;
  #handlers: Handlers | undefined;
  #aborts = new Map<number, AbortController>();
  #answers = new Map<number, (value: unknown) => void>();
  #poisoned = false;

  constructor(port: Port, start: Start) {
    this.#port = port;
    this.#start = start;
  }

  async receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "start":
        try {
          this.#handlers = await this.#start(message, this.#port);
          this.#port.post({ type: "ready" });
        } catch (error) {
          this.#port.post({ type: "refused", error: toWire(error) });
        }
        break;
      case "call":
        await this.#call(message.id, message.method, message.params);
        break;
      case "abort":
        this.#aborts.get(message.id)?.abort();
        break;
      case "answer":
        this.#answers.get(message.id)?.(message.value);
        break;
    }
  }

  async #call<M extends Method>(id: number, method: M, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.#aborts.set(id, controller);
    const context: Context = {
      signal: controller.signal,
      emit: (event) => this.#port.post({ type: "event", id, event, waits: false }),
      ask: (event) =>
        new Promise((resolve) => {
          this.#answers.set(id, resolve);
          this.#port.post({ type: "event", id, event, waits: true });
        }),
    };
    try {
      if (this.#poisoned && method !== "rescueDatasets") throw poisonedError();
      const handler = this.#handlers?.[method];
      if (!handler) throw new TabgradError("internal", `the worker knows no call "${method}"`);
      const value = await handler(params as Params<M>, context);
      this.#port.post({ type: "result", id, value }, buffersOf(value));
    } catch (error) {
      // A panic or a trap leaves the engine's memory in the middle of something.
      const trapped = error instanceof WebAssembly.RuntimeError;
      this.#poisoned ||= trapped;
      this.#port.post({
        type: "error",
        id,
        error: trapped ? trapError(error) : toWire(error),
        poisoned: trapped,
      });
    } finally {
      this.#aborts.delete(id);
      this.#answers.delete(id);
    }
  }
}

function trapError(error: Error) {
  // The rest of the engine (wasm.ts) could not be loaded: its error says what to do.
  if (error.cause instanceof TabgradError) return toWire(error.cause);
  return {
    code: "internal" as const,
    message: `The engine failed (${error.message}) and was replaced. Models go on from their last complete epoch.`,
  };
}

function poisonedError(): TabgradError {
  return new TabgradError("internal", "The engine failed in another call and is being replaced. Try again.");
}

/** The buffers within a result, which move instead of being copied. Results own their buffers. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const visit = (item: unknown) => {
    if (ArrayBuffer.isView(item)) {
      if (item.buffer instanceof ArrayBuffer) found.add(item.buffer);
    } else if (Array.isArray(item)) {
      for (const entry of item) if (typeof entry === "object") visit(entry);
    } else if (
      typeof item === "object" &&
      item !== null &&
      Object.getPrototypeOf(item) === Object.prototype
    ) {
      for (const entry of Object.values(item)) visit(entry);
    }
  };
  visit(value);
  return [...found];
}
