/** A place for runs that are not over, by name. */
import { messageOf, TabgradError } from "../../errors.js";
import type { KeptRun } from "../../types/storage.js";
import type { History } from "../../types/training.js";
import { checksum } from "../backup/checksum.js";
import { joinedBytes } from "../fetching.js";

/** The version of what is written here. Older ones are read for ever. */
export const RUN_FORMAT = 1;

/** The longest piece of a file that is written as one. */
const PART = 8 << 20;

/** Where a run stands, beside its model's file. */
export interface RunState extends Pick<KeptRun, "epoch" | "batch" | "epochs" | "state" | "classNames"> {
  /** The epochs of this run. */
  history: History;
  /** How many those are. */
  completed: number;
  /** What the callbacks keep, in their order. */
  callbacks: unknown[];
  /** Whether a callback or somebody ended it. */
  stopped: boolean;
  /** Whether callbacks know that the epoch has begun of which no batch is through; missing if not. */
  begun?: boolean;
  /** By what its data are known again; missing in runs of before. */
  data?: RunData;
  /** What the program wrote on it; missing if it did not. */
  note?: unknown;
}

/** By what the data of a run are known again. */
export interface RunData {
  train: Fingerprint;
  validation?: Fingerprint;
}

/** By what samples are known again. */
export interface Fingerprint {
  /** How many there are. */
  samples: number;
  /** A checksum of some of them, spread over all, with their targets, shapes and class names. */
  sum: string;
  /** A checksum of all targets and weights; not of runs of before. */
  answers?: string;
  /** A checksum of all samples where they are in memory; not of runs of before. */
  inputs?: string;
}

/** One state of a run as it is stored. */
export interface RunSlot {
  format: number;
  /** Counts the states of the run; the greater is the later. */
  generation: number;
  savedAt: Date;
  bytes: number;
  /** The checksums of the parts of the file. */
  checksums: string[];
  state: RunState;
}

/** A state with its file. */
export interface StoredRun {
  slot: RunSlot;
  file: Uint8Array;
  /** Why a later state could not be used, if there was one. */
  damaged?: string;
}

/**
 * Where runs are kept by name: the last two states of each, of which the older is written over. Whatever happens
 * while one is written, the other is whole.
 */
export interface RunStore {
  /**
   * Makes a run the owner's, whose earlier owner can write no more, and gives its last whole state, if there is
   * one. Throws `NotClaimed` where the store is refused or full and no state is known that the run goes on from.
   */
  claim(name: string, owner: string): Promise<StoredRun | undefined>;
  /** Writes a state over the older of the two. Code "busy" if the run is somebody else's by now. */
  save(name: string, owner: string, file: Uint8Array, state: RunState): Promise<RunSlot>;
  /** The last whole state. */
  load(name: string): Promise<StoredRun>;
  list(): Promise<KeptRun[]>;
  remove(name: string): Promise<void>;
}

/** A file in parts. */
export function partsOf(file: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(file.byteLength / PART));
  if (count === 1 && file.byteLength === file.buffer.byteLength) return [file];
  // Copies: with a view the store would take all that lies behind it.
  return Array.from({ length: count }, (_, part) => file.slice(part * PART, (part + 1) * PART));
}

/** The state after `before`, as it is stored. */
export function slotOf(
  before: RunSlot | undefined,
  file: Uint8Array,
  parts: Uint8Array[],
  state: RunState,
): RunSlot {
  return {
    format: RUN_FORMAT,
    generation: (before?.generation ?? 0) + 1,
    savedAt: new Date(),
    bytes: file.byteLength,
    checksums: parts.map(checksum),
    state,
  };
}

/** The states there are, the latest first. */
export function latestFirst(slots: readonly (RunSlot | undefined)[]): RunSlot[] {
  return slots.filter((slot) => slot !== undefined).sort((a, b) => b.generation - a.generation);
}

/** The first state whose file is whole; what is wrong with those before it goes along. */
export async function firstWhole(
  name: string,
  slots: readonly RunSlot[],
  partsOf: (slot: RunSlot) => Promise<(Uint8Array | undefined)[]>,
): Promise<StoredRun | undefined> {
  let damaged: string | undefined;
  for (const slot of slots) {
    if (!(slot.format <= RUN_FORMAT)) {
      throw new TabgradError(
        "storage",
        `The run "${name}" was kept by a newer version of tabgrad (format ${slot.format}, expected ${RUN_FORMAT} at most). Reload the page.`,
      );
    }
    const file = fileOf(slot, await partsOf(slot));
    if (file) return damaged === undefined ? { slot, file } : { slot, file, damaged };
    damaged ??= `The state of ${slot.savedAt.toISOString()} is damaged.`;
  }
  if (damaged === undefined) return undefined;
  throw allDamaged(name);
}

/** The file of a state; undefined if it is not what was written. */
function fileOf(slot: RunSlot, parts: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  const whole = parts.filter((part) => part !== undefined);
  const length = whole.reduce((sum, part) => sum + part.byteLength, 0);
  if (whole.length !== slot.checksums.length || length !== slot.bytes) return undefined;
  if (whole.some((part, index) => checksum(part) !== slot.checksums[index])) return undefined;
  return joinedBytes(whole);
}

/**
 * The error for a state that could not be copied: names the part of it that comes from the program and that `store`
 * refuses, if it was that. Some of what can be cloned is, as shared memory.
 */
export function stateError(
  error: unknown,
  { callbacks, note }: RunState,
  store: (value: unknown) => void,
): unknown {
  const states = callbacks.map((state, index) => [`callbacks[${index}].state()`, state] as const);
  for (const [what, value] of [...states, ["backup.note", note] as const]) {
    try {
      store(value);
    } catch (reason) {
      return new TabgradError(
        "argument",
        `fit: ${what} cannot be stored (${messageOf(reason)}), expected plain values, arrays and their like.`,
      );
    }
  }
  return error;
}

/** What is told of a run. */
export function keptRun(
  name: string,
  url: string,
  slots: readonly (RunSlot | undefined)[],
): KeptRun | undefined {
  const [last, ...others] = latestFirst(slots);
  if (!last) return undefined;
  const bytes = others.reduce((sum, slot) => sum + slot.bytes, last.bytes);
  const { epoch, batch, epochs, state, classNames, note } = last.state;
  return { name, url, bytes, savedAt: last.savedAt, epoch, batch, epochs, state, classNames, note };
}

/** Whether a run goes on from the last of these states. What was finished is only there to be fetched. */
export function isOpen(slots: readonly (RunSlot | undefined)[]): boolean {
  const [last] = latestFirst(slots);
  return last !== undefined && last.state.state !== "finished";
}

/** The store is refused or full, and no state is known that is lost if the run begins all the same. */
export class NotClaimed extends TabgradError {}

/** The error for a run that could not be claimed, with what is known of its states by then. */
export function claimError(error: unknown, known: readonly (RunSlot | undefined)[] = []): unknown {
  const isRefused = error instanceof TabgradError && (error.code === "quota" || error.code === "storage");
  if (!isRefused || isNewer(error) || isOpen(known)) return error;
  return new NotClaimed(error.code, error.message, { cause: error.cause });
}

/** Whether a newer version wrote what is in the store: it stays so, and is not to be trained past. */
const isNewer = ({ cause }: TabgradError) => cause instanceof Error && cause.name === "VersionError";

/** The error for a run of which nothing can be used. */
export function allDamaged(name: string): TabgradError {
  return new TabgradError(
    "format",
    `The run "${name}" is damaged: neither of its two states is what was written. Remove it by removeRun.`,
  );
}

/** The error for a run that is another's. */
export function takenOver(name: string): TabgradError {
  return new TabgradError(
    "busy",
    `The run "${name}" goes on ${placeOfOthers(name)}, where it was taken over.`,
  );
}

/** Where others are who may train a run: files have no tabs. */
export function placeOfOthers(name: string): string {
  return name.startsWith("file:") ? "elsewhere" : "in another tab";
}

/** The error for a run that began while the store was refused, which has an earlier one of its name. */
export function earlierRun(name: string): TabgradError {
  return new TabgradError(
    "storage",
    `The run "${name}" is not kept: an earlier one of this name is unfinished, which could not be read when this one began. That one stays; the next fit goes on from it.`,
  );
}

/** The error for a run that is not there. */
export function noRun(name: string, names: readonly string[]): TabgradError {
  const found = names.length === 0 ? "none is kept" : `kept are ${names.map((one) => `"${one}"`).join(", ")}`;
  return new TabgradError("notFound", `There is no run "${name}"; ${found}.`);
}
