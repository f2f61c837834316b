import type { Model } from "tabgrad";
import { accuracy as accuracyText, loss as lossText, measure } from "../shared/format";
import { forget, remember, remembered } from "../shared/settings";

/** What this page knows about a model beyond its file: how well it did, and on what. */
export type Note = {
  /** "10,000 test images of MNIST" */
  on: string;
  total: number;
} & (
  | { accuracy: number }
  /** Of one that writes texts: nats a character. */
  | { loss: number }
  /** Of one that rebuilds pictures: the peak signal-to-noise ratio. */
  | { decibels: number }
  /** Of one that estimates numbers: the mean absolute error, in their unit. */
  | { error: number }
);

const key = (name: string) => `note.${name}`;

export function noteOf(name: string): Note | undefined {
  return remembered(key(name), (value) => {
    const note = value as {
      accuracy?: number;
      error?: number;
      loss?: number;
      decibels?: number;
      on: string;
      total: number;
    };
    const sound =
      Number.isFinite(note?.accuracy ?? note?.error ?? note?.loss ?? note?.decibels) &&
      Number.isFinite(note.total) &&
      typeof note.on === "string";
    return sound ? (note as Note) : undefined;
  });
}

export function keepNote(name: string, note: Note | undefined): void {
  if (note) remember(key(name), note);
  else forget(key(name));
}

/** Of a model that writes texts and comes from elsewhere: what its history says. */
export function languageNote({ preprocessing, classNames, history }: Model): Note | undefined {
  const loss = history.loss?.at(-1);
  const writes = preprocessing?.text && classNames.length === 0 && !("meanAbsoluteError" in history);
  return writes && loss !== undefined ? { loss, on: "its training data", total: 0 } : undefined;
}

/** How well a model did: "99.12%", "±2.31", "1.62 nats" or "21.3 dB". */
export function grade(note: Note): string {
  if ("loss" in note) return `${lossText(note.loss)} nats`;
  if ("decibels" in note) return `${note.decibels.toFixed(1)} dB`;
  return "error" in note ? `±${measure(note.error)}` : accuracyText(note.accuracy, note.total);
}
