/** Answers calls: one at a time each, several at once, with events and aborts. */
import { TabgradError, toWire, type WireError } from "../errors.js";
import type { Methods } from "../protocol.js";
import type { CallsOf, FromWorker, ParamsOf, ResultOf, ToWorker } from "../wire.js";

/** The other side. */
export interface Port {
  post(message: FromWorker, transfer?: Transferable[]): void;
}

/** Starts what answers calls. */
export type Start<S, M extends CallsOf<M>> = (start: S, port: Port) => Promise<Answers<M>>;

/** What answers calls. */
export interface Answers<M extends CallsOf<M>> {
  handlers: HandlersOf<M>;
  /** The bytes of memory that its module was refused since this was asked last; 0 if none were. */
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
export type HandlersOf<M extends CallsOf<M>> = {
  [K in keyof M]: (params: ParamsOf<M, K>, context: Context) => ResultOf<M, K> | Promise<ResultOf<M, K>>;
};

/** The engine's. */
export type Handlers = HandlersOf<Methods>;

/** What a server has of the module that it calls, for its messages. */
export interface ServerWords {
  /** What the module is called. */
  module: string;
  /** What follows from its failure. */
  loss: string;
  /** The call that is answered even after a failure. */
  rescue?: string;
}

/** The calls of one port. */
export class Server<S, M extends CallsOf<M>> {
  #port: Port;
  #start: Start<S, M>;
  #words: ServerWords;
  #answers: Answers<M> | undefined;
  /** Resolves when calls can be answered, or never will be. */
  #started: Promise<void> | undefined;
  #aborts = new Map<number, AbortController>();
  #asked = new Map<number, (value: unknown) => void>();
  #poisoned = false;

  constructor(port: Port, start: Start<S, M>, words: ServerWords) {
    this.#port = port;
    this.#start = start;
    this.#words = words;
  }

  async receive(message: ToWorker<S>): Promise<void> {
    switch (message.type) {
      case "start":
        this.#started = this.#begin(message);
        await this.#started;
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

  async #begin(start: S): Promise<void> {
    try {
      this.#answers = await this.#start(start, this.#port);
      this.#port.post({ type: "ready" });
    } catch (error) {
      this.#port.post({ type: "refused", error: toWire(error) });
    }
  }

  async #call(id: number, method: string, params: unknown): Promise<void> {
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
      await this.#started;
      if (this.#poisoned && method !== this.#words.rescue) throw this.#poisonedError();
      const handler = this.#answers?.handlers[method as keyof M];
      if (!handler) throw new TabgradError("internal", `the worker knows no call "${method}"`);
      const value = await handler(params as ParamsOf<M, keyof M>, context);
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
        error: trapped ? this.#trapError(error, refused) : toWire(error),
        poisoned: trapped,
      });
    } finally {
      this.#aborts.delete(id);
      this.#asked.delete(id);
    }
  }

  #trapError(error: Error, refused: number): WireError {
    // The rest of the engine (wasm.ts) could not be loaded: its error says what to do.
    if (error.cause instanceof TabgradError) return toWire(error.cause);
    const reason = refused > 0 ? `found no memory for ${refused} bytes` : `failed (${error.message})`;
    return {
      code: refused > 0 || isMemoryRefusal(error) ? "tooLarge" : "internal",
      message: `${this.#words.module} ${reason} and was replaced. ${this.#words.loss}`,
    };
  }

  #poisonedError(): TabgradError {
    const { module } = this.#words;
    return new TabgradError("internal", `${module} failed in another call and is being replaced. Try again.`);
  }
}

/** Whether the browser had no memory for an array; each words it differently. */
function isMemoryRefusal(error: unknown): error is RangeError {
  return error instanceof RangeError && /alloca|memory/i.test(error.message);
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
