/** The page's part in keeping a run: its options, its callbacks, and going on after a failure. */
import { wrong } from "../callbacks/monitor.js";
import { absolute, call, TabgradError } from "../core.js";
import type { RunCommand, WireBackup } from "../fit-protocol.js";
import type { BackupOptions, Callback, FitOptions, FitResult, History } from "../types/training.js";

/** Failures of the engine in a row that a kept run survives. */
const MOST_FAILURES = 3;

/** Where a run may be kept. */
const PLACE = "indexeddb://NAME, or in Node file:///PATH";

/** All options by name. */
const OPTIONS: { [name in keyof Required<BackupOptions>]: true } = {
  url: true,
  everySeconds: true,
  takeOver: true,
  note: true,
  onSaved: true,
  onError: true,
};

/** How a run is to be kept, if it is. */
export function backupOptions({ backup }: FitOptions): BackupOptions | undefined {
  if (backup === undefined) return undefined;
  const isUrl = typeof backup === "string" || backup instanceof URL;
  if (!isUrl && (typeof backup !== "object" || backup === null))
    throw wrong("fit", "backup", backup, `${PLACE}, or an object that has it as url`);
  const options = isUrl ? { url: backup } : backup;
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name))
      throw wrong("fit", `backup.${name}`, value, `none but ${Object.keys(OPTIONS).join(", ")}`);
  }
  const { url, everySeconds = 0, takeOver = false } = options;
  const address = typeof url === "string" || url instanceof URL ? absolute(url) : "";
  if (!/^(indexeddb:\/\/|file:\/\/).+/.test(address))
    throw wrong("fit", isUrl ? "backup" : "backup.url", url, PLACE);
  if (!(Number.isFinite(everySeconds) && everySeconds >= 0))
    throw wrong("fit", "backup.everySeconds", everySeconds, "a number of at least 0");
  if (typeof takeOver !== "boolean") throw wrong("fit", "backup.takeOver", takeOver, "true or false");
  for (const name of ["onSaved", "onError"] as const) {
    const listener = options[name];
    if (listener !== undefined && typeof listener !== "function")
      throw wrong("fit", `backup.${name}`, listener, "a function");
  }
  return options;
}

/** What is known of the states of a run. */
export interface Keeping {
  /** Whether it has begun, and callbacks know. */
  begun: boolean;
  /** Whether there is a state to go on from. */
  exists: boolean;
  /** How often it was kept. */
  times: number;
}

/**
 * Trains; where the engine fails and the run is kept, it goes on in the next one. After so many failures without a
 * step in between that was kept, it does not.
 */
export async function persistently(
  attempt: () => Promise<FitResult>,
  backup: BackupOptions | undefined,
  keeping: Keeping,
): Promise<FitResult> {
  for (let failures = 1, before = keeping.times; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const isEngine = error instanceof TabgradError && error.code === "internal";
      if (keeping.times > before) [failures, before] = [1, keeping.times];
      // One that could not be kept would train what it has trained again.
      const isLost = keeping.begun && !keeping.exists;
      if (!isEngine || !backup || isLost || failures >= MOST_FAILURES) throw error;
    }
  }
}

/** Keeps the run when the page is hidden, which may be the last that is heard of it. Returns how to let go. */
export function keepWhenHidden(keep: (() => Promise<void>) | undefined): () => void {
  const { document } = globalThis as { document?: Document };
  if (!keep || !document) return () => {};
  const onChange = () => {
    // A run that has ended meanwhile has nothing to keep.
    if (document.visibilityState === "hidden") keep().catch(() => {});
  };
  document.addEventListener("visibilitychange", onChange);
  return () => document.removeEventListener("visibilitychange", onChange);
}

/** As the worker takes it. */
export function wireBackup(backup: BackupOptions, callbacks: readonly Callback[]): WireBackup {
  const { url, everySeconds, takeOver = false, note } = backup;
  const asks = callbacks.some(({ state }) => state !== undefined);
  return { url: absolute(url), everySeconds, takeOver, goesOn: false, note: cloned(note), asks };
}

/** The note as it is now, whatever becomes of the program's. */
function cloned(note: unknown): unknown {
  try {
    return structuredClone(note);
  } catch (error) {
    throw unclonable("backup.note", error);
  }
}

/** The error of a run, which names the callback whose state could not travel, if it was that. */
export function stateError(error: unknown, states: readonly unknown[]): unknown {
  if ((error as Error | undefined)?.name !== "DataCloneError") return error;
  for (const [index, state] of states.entries()) {
    try {
      structuredClone(state);
    } catch (reason) {
      return unclonable(`callbacks[${index}].state()`, reason);
    }
  }
  return error;
}

function unclonable(what: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new TabgradError(
    "argument",
    `fit: ${what} cannot be cloned (${message}), expected what the structured clone algorithm takes: no functions, no elements of the page.`,
  );
}

/** A run on its way. */
interface Standing {
  sent: Promise<void>;
  /** To be called when it is on its way to the worker. */
  send(): void;
  begun: Promise<void>;
  /** To be called when the worker has it. */
  begin(): void;
  /** Its steps are all made and kept. */
  trained: boolean;
}

/** Runs on their way, by their numbers. */
const standings = new Map<number, Standing>();

/** How a run stands. */
export function standingOf(run: number): Standing {
  const known = standings.get(run);
  if (known) return known;
  const [sent, send] = signal();
  const [begun, begin] = signal();
  const standing = { sent, send, begun, begin, trained: false };
  standings.set(run, standing);
  return standing;
}

function signal(): [told: Promise<void>, tell: () => void] {
  let tell = () => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return [told, tell];
}

/** A run is over. */
export function forgetStanding(run: number): void {
  standings.delete(run);
}

/** Says something to a run, when it is on its way to the worker, which would not know it before. */
export async function commanded(run: number, result: Promise<FitResult>, command: RunCommand): Promise<void> {
  // One that fails before it begins.
  const over = result.then(
    () => forgetStanding(run),
    () => forgetStanding(run),
  );
  await Promise.race([standingOf(run).sent, over]);
  await call("command", { run, command });
}

/** Answers `Run.keep`. */
export async function keepRun(job: {
  run: number;
  result: Promise<FitResult>;
  options: FitOptions;
  isOver: boolean;
}): Promise<void> {
  const { run, result, options, isOver } = job;
  if (options.backup === undefined) {
    throw new TabgradError("argument", "run.keep: the run has no place, expected fit to be given backup.");
  }
  // At its end it was kept.
  if (isOver) return void (await result);
  const standing = standingOf(run);
  // One that fails before it begins.
  const forget = () => forgetStanding(run);
  result.then(forget, forget);
  await Promise.race([standing.begun, result]);
  if (!standing.trained) await call("command", { run, command: { type: "keep" } });
}

/** Gives callbacks what they kept, in their order. */
export async function restored(callbacks: readonly Callback[], states: readonly unknown[]): Promise<void> {
  if (states.length > 0 && states.length !== callbacks.length) {
    throw new TabgradError(
      "argument",
      `backup: found ${callbacks.length} callbacks, expected the ${states.length} that the run was started with.`,
    );
  }
  for (const [index, state] of states.entries()) {
    if (state !== undefined) await callbacks[index]?.restore?.(state);
  }
}

/** Makes a history another, in place: others hold it. */
export function become(history: History, other: History): void {
  for (const name of Object.keys(history)) delete history[name];
  // Whatever a name is, here it becomes a property and nothing else.
  const own = { configurable: true, enumerable: true, writable: true };
  for (const [name, value] of Object.entries(other)) Object.defineProperty(history, name, { ...own, value });
}
