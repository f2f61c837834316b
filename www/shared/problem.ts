/**
 * The words for an error where it is shown: what the package says, and what can be done.
 */
const advice: Record<string, string> = {
  quota: "Delete a model or a dataset, or make room on this device, then try again.",
  storage:
    "This browser refuses storage here, as private windows do. You can go on; export the model to keep it.",
  diverged: "Lower the learning rate and start again; the last good weights are kept.",
};

export function explain(error: unknown): string {
  const message = sentence(error instanceof Error ? error.message : String(error));
  const code = codeOf(error);
  const more = code === undefined ? undefined : advice[code];
  return more === undefined ? message : `${message} ${more}`;
}

export function codeOf(error: unknown): string | undefined {
  if (error instanceof DOMException) {
    if (error.name === "QuotaExceededError") return "quota";
    if (error.name === "AbortError") return "aborted";
    if (["SecurityError", "InvalidStateError", "UnknownError"].includes(error.name)) return "storage";
  }
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

export function isAbort(error: unknown): boolean {
  return codeOf(error) === "aborted" || (error as { name?: unknown } | null)?.name === "AbortError";
}

function sentence(text: string): string {
  const trimmed = text.trim();
  // A word, not the name of a file or a layer.
  const capital = /^[a-z]+[\s,]/.test(trimmed) ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.?]$/.test(capital) ? capital : `${capital}.`;
}
