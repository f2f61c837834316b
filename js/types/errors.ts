/** What kind of thing went wrong. */
export type ErrorCode =
  /** Shapes of arrays or layers do not fit each other. */
  | "shape"
  /** An argument or attribute has a value that is not allowed. */
  | "argument"
  /** Data hold something that is not allowed, such as NaN or a label out of range. */
  | "data"
  /** A file is not what it should be. */
  | "format"
  /** What was asked for is not offered here. */
  | "unsupported"
  /** The loss or a gradient was not finite; the model keeps its last good weights. */
  | "diverged"
  /** A name (model, layer, parameter) is not there. */
  | "notFound"
  /** More memory than can be had, or a file larger than allowed. */
  | "tooLarge"
  /** Stopped by an `AbortSignal`; such an error's `name` is `AbortError`. */
  | "aborted"
  /** The store is full. */
  | "quota"
  /** The store cannot be reached, as in some private windows. */
  | "storage"
  /** A run goes on in another tab. */
  | "busy"
  /** A file could not be fetched. */
  | "network"
  /** The WebAssembly file or the worker could not be loaded. */
  | "wasm"
  /** Used after `dispose()`. */
  | "disposed"
  /** A bug in tabgrad. The engine was restarted. */
  | "internal";

/** An input of a model's file. */
export interface OpenInput {
  /** What the file calls it. */
  name: string;
  /** The shape of a sample, for images with the channels last; `null` where the file leaves a size open. */
  shape: readonly (number | null)[];
}
