/**
 * The words for an error where it is shown: what the package says, and what can be done.
 */
import type { OpenInput } from "tabgrad";

/** What can be done about an error by a button or a link: room to be made, a file to be had, a page to be reloaded. */
export type Way = "room" | "export" | "reload";

/** An error as it is shown. */
export interface Problem {
  text: string;
  /** The reason alone, as the end of a sentence. */
  short: string;
  way?: Way;
}

interface Advice {
  words: string;
  short?: string;
  way?: Way;
}

const advice: Record<string, Advice> = {
  quota: {
    words: "Delete a model or a dataset, or make room on this device, then try again.",
    short: "the disk is full.",
    way: "room",
  },
  storage: {
    words: "This browser refuses storage here, as private windows do. Export a model to keep it.",
    short: "this browser refuses storage here, as private windows do.",
    way: "export",
  },
  // What is said ends in what is to be done.
  newer: { words: "", short: "a newer version of this page has written what is stored here.", way: "reload" },
  older: { words: "", short: "another tab holds an older version of this page open.", way: "reload" },
  gone: { words: "It was deleted in another tab, or by the browser." },
  diverged: { words: "Lower the learning rate and start again; the last good weights are kept." },
};

/** What is said where no error was thrown. */
export function problemIn(text: string): Problem {
  return { text, short: text };
}

export function explain(error: unknown): string {
  return problemOf(error).text;
}

export function problemOf(error: unknown): Problem {
  const message = sentence(wordsOf(error));
  const found = advice[kindOf(error, message)];
  const text = found?.words ? `${message} ${found.words}` : message;
  return { text, short: found?.short ?? text, ...(found?.way ? { way: found.way } : {}) };
}

export function codeOf(error: unknown): string | undefined {
  if (error instanceof DOMException) {
    if (error.name === "QuotaExceededError") return "quota";
    if (error.name === "AbortError") return "aborted";
    if (["SecurityError", "InvalidStateError", "UnknownError", "VersionError"].includes(error.name))
      return "storage";
  }
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

export function isAbort(error: unknown): boolean {
  return codeOf(error) === "aborted" || (error as { name?: unknown } | null)?.name === "AbortError";
}

/** Whether a kept run cannot go on: its data are others by now, or what was kept of it is damaged. */
export function isStuck(error: unknown): boolean {
  return isOtherData(error) || damagedRun(error) !== undefined;
}

/** The inputs of a file that leaves sizes of them open, if that is the error. */
export function openInputsOf(error: unknown): readonly OpenInput[] | undefined {
  return (error as { openInputs?: readonly OpenInput[] } | null)?.openInputs;
}

/** Whether what was asked for is not there. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "notFound";
}

/** Passes on any other error. */
export function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

function isOtherData(error: unknown): boolean {
  return codeOf(error) === "data" && error instanceof Error && error.message.startsWith("backup: ");
}

/** What the run is called of which nothing can be read any more, if that is the error. */
function damagedRun(error: unknown): string | undefined {
  if (codeOf(error) !== "format" || !(error instanceof Error)) return undefined;
  return /^The run "(.*)" is damaged: /.exec(error.message)?.[1];
}

function wordsOf(error: unknown): string {
  if ((error as { name?: unknown } | null)?.name === "VersionError")
    return "What is stored here was written by a newer version of this page. Reload it.";
  if (isOtherData(error))
    return "The data are not those that this run began with: the dataset, what was decided about it, or its preparation has changed. Undo that to go on, or begin anew.";
  const damaged = damagedRun(error);
  if (damaged !== undefined)
    return `The run ${damaged} is damaged: nothing that was saved of it can be read. Begin it anew, or delete it.`;
  return error instanceof Error ? error.message : String(error);
}

/** Its code, where the package does not tell apart by it what is done about it in other ways. */
function kindOf(error: unknown, message: string): string {
  const code = codeOf(error) ?? "";
  if (code === "storage" && /newer version/.test(message)) return "newer";
  if (code === "storage" && /older version/.test(message)) return "older";
  return code === "notFound" && /^There is no (model|run|dataset) /.test(message) ? "gone" : code;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  // A word, not the name of a file or a layer.
  const capital = /^[a-z]+[\s,]/.test(trimmed) ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.?]$/.test(capital) ? capital : `${capital}.`;
}
