import type { ErrorCode, OpenInput } from "./types/errors.js";

/** An error as it travels between the worker and the page. */
export interface WireError {
  code: ErrorCode;
  message: string;
  layer?: string;
  openInputs?: readonly OpenInput[];
}

/** Every error of this package: `code` says what kind, the message what was found and what was expected. */
export class TabgradError extends Error {
  readonly code: ErrorCode;
  /** The layer at which it arose, where there is one. */
  readonly layer: string | undefined;
  /** All inputs of a model's file that leaves sizes open: `importModel` takes them as `inputShape`. */
  readonly openInputs: readonly OpenInput[] | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: Partial<Pick<WireError, "layer" | "openInputs">> & { cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    // Programs that know only the platform's convention look for this name.
    this.name = code === "aborted" ? "AbortError" : "TabgradError";
    this.code = code;
    this.layer = options.layer;
    this.openInputs = options.openInputs;
  }
}

/** The error that an aborted `signal` asks for. */
export function abortError(signal?: AbortSignal): TabgradError {
  return new TabgradError("aborted", "Stopped by its AbortSignal.", { cause: signal?.reason });
}

/** Throws if `signal` has been aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

/** The error that came from the other side. */
export function fromWire({ code, message, ...details }: WireError): TabgradError {
  return new TabgradError(code, message, details);
}

/** What of an error can travel. Anything that is not ours is a bug of ours. */
export function toWire(error: unknown): WireError {
  // The engine's errors have the same fields without the class.
  if (error instanceof Error && /^(Tabgrad|Abort)Error$/.test(error.name) && "code" in error) {
    const { code, message, layer, openInputs } = error as TabgradError;
    return {
      code,
      message,
      ...(layer === undefined ? {} : { layer }),
      ...(openInputs ? { openInputs } : {}),
    };
  }
  return {
    code: "internal",
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  };
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
