/** How calls travel between the page's side and a worker, whatever the worker does. */
import type { WireError } from "./errors.js";

/** A table of calls: what each takes and what it gives. */
export type CallsOf<M> = { [K in keyof M]: (params: never) => unknown };
/** The names of the calls. */
export type Calls<M> = keyof M & string;
export type ParamsOf<M extends CallsOf<M>, K extends keyof M> = Parameters<M[K]>[0];
export type ResultOf<M extends CallsOf<M>, K extends keyof M> = ReturnType<M[K]>;

/** From the page's side to a worker, after what it is told first. */
export type ToWorker<Start> =
  | ({ type: "start" } & Start)
  | { type: "call"; id: number; method: string; params: unknown }
  | { type: "abort"; id: number }
  /** The answer to an event that waits for one. */
  | { type: "answer"; id: number; value: unknown };

/** A consistent state of a model, to come back to. */
export interface Snapshot {
  type: "snapshot";
  model: number;
  file: Uint8Array;
}

/** From a worker to the page's side. */
export type FromWorker =
  | { type: "ready" }
  /** It cannot do what it is for. */
  | { type: "refused"; error: WireError }
  | { type: "result"; id: number; value: unknown }
  | { type: "error"; id: number; error: WireError; poisoned: boolean }
  | { type: "event"; id: number; event: unknown; waits: boolean }
  | Snapshot;
