/** What can go wrong with a browser's storage, in words. */
import { messageOf, TabgradError } from "../../errors.js";
import type { ErrorCode } from "../../types/errors.js";

/** What is said of a failure, around what failed. */
type Failure = [code: ErrorCode, happened: string, helps: string];

/** Failures by the names that browsers have for them. */
const FAILURES: { readonly [name: string]: Failure } = {
  QuotaExceededError: ["quota", "The browser's storage is full", "Remove models, or free space on the disk."],
  VersionError: [
    "storage",
    "The saved models were written by a newer version of tabgrad",
    "Reload the page.",
  ],
  // What comes from a program is looked at apart (runs.ts): all else can be copied.
  DataCloneError: ["tooLarge", "There is no memory for a copy", "Close other tabs and try again."],
  RangeError: ["tooLarge", "There is no memory for a copy", "Close other tabs and try again."],
  SecurityError: [
    "storage",
    "The browser refuses its storage (IndexedDB), as in some private windows or where cookies are blocked",
    "Allow them for this site, or export the model to a file instead.",
  ],
  AbortError: [
    "storage",
    "The browser broke off what it was storing, as when it is closed or its disk is full",
    "What was stored before is as it was; free space on the disk and try again.",
  ],
  UnknownError: [
    "storage",
    "The browser could not read or write its storage (IndexedDB): the disk may be full, or what is on it damaged",
    "Free space on the disk and restart the browser; if that does not help, delete the data of this site.",
  ],
  InvalidStateError: [
    "storage",
    "The browser has closed its storage (IndexedDB), or has none as in some private windows",
    "Reload the page, or export the model to a file instead.",
  ],
};

const OTHERS: Failure = [
  "storage",
  "The browser's storage (IndexedDB) failed",
  "Reload the page, or export the model to a file instead.",
];

/** The error for what failed, `what` in words. */
export function storageError(what: string, cause: unknown): TabgradError {
  if (cause instanceof TabgradError) return cause;
  const name = cause instanceof Error ? cause.name : "";
  const [code, happened, helps] = Object.hasOwn(FAILURES, name) ? (FAILURES[name] ?? OTHERS) : OTHERS;
  return new TabgradError(code, `${happened}: ${what} failed (${messageOf(cause)}). ${helps}`, { cause });
}
