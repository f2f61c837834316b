/** Answers calls: one at a time each, several at once, with events and aborts. */
import { TabgradError, toWire, type WireError } from "../errors.js";
import type { FromWorker, Method, Params, Result, StartMessage, ToWorker } from "../protocol.js";

/** The other side. */
export interface Port {
  post(message: FromWorker, transfer?: Transferable[]): void;
}

/** Starts the engine and gives what answers calls. */
export type Start = (start: StartMessage, port: Port) => Promise<Answers>;

/** The engine's answers. */
export interface Answers {
  handlers: Handlers;
  /** The bytes of memory that the engine was refused since this was asked last; 0 if none were. */
  refusedBytes(): number;
}

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
  #answers: Answers | undefined;
  #aborts = new Map<number, AbortController>();
  #asked = new Map<number, (value: unknown) => void>();
  #poisoned = false;

  constructor(port: Port, start: Start) {
    this.#port = port;
    this.#start = start;
  }

  async receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "start":
        try {
          this.#answers = await this.#start(message, this.#port);
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
        this.#asked.get(message.id)?.(message.value);
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
          this.#asked.set(id, resolve);
          this.#port.post({ type: "event", id, event, waits: true });
        }),
    };
    try {
      if (this.#poisoned && method !== "rescueDatasets") throw poisonedError();
      const handler = this.#answers?.handlers[method];
      if (!handler) throw new TabgradError("internal", `the worker knows no call "${method}"`);
      const value = await handler(params as Params<M>, context);
      this.#port.post({ type: "result", id, value }, buffersOf(value));
    } catch (error) {
      // A panic or a trap leaves the engine's memory in the middle of something, and so does an array that it
      // could not hand over.
      const trapped = error instanceof WebAssembly.RuntimeError || isMemoryRefusal(error);
      this.#poisoned ||= trapped;
      // Asked each time: what was refused in a call that said so itself explains no later trap.
      const refused = this.#answers?.refusedBytes() ?? 0;
      this.#port.post({
        type: "error",
        id,
        error: trapped ? trapError(error, refused) : toWire(error),
        poisoned: trapped,
      });
    } finally {
      this.#aborts.delete(id);
      this.#asked.delete(id);
    }
  }
}

function trapError(error: Error, refused: number): WireError {
  // The rest of the engine (wasm.ts) could not be loaded: its error says what to do.
  if (error.cause instanceof TabgradError) return toWire(error.cause);
  const reason = refused > 0 ? `found no memory for ${refused} bytes` : `failed (${error.message})`;
  return {
    code: refused > 0 || isMemoryRefusal(error) ? "tooLarge" : "internal",
    message: `The engine ${reason} and was replaced. Models go on from their last complete epoch.`,
  };
}

/** Whether the browser had no memory for an array; each words it differently. */
function isMemoryRefusal(error: unknown): error is RangeError {
  return error instanceof RangeError && /alloca|memory/i.test(error.message);
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
