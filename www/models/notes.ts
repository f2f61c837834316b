import { accuracy as accuracyText, measure } from "../shared/format";
import { forget, remember, remembered } from "../shared/settings";

/** What this page knows about a model beyond its file: how well it did, and on what. */
export type Note = {
  /** "10,000 test images of MNIST" */
  on: string;
  total: number;
} & (
  | { accuracy: number }
  /** Of one that estimates numbers: the mean absolute error, in their unit. */
  | { error: number }
);

const key = (name: string) => `note.${name}`;

export function noteOf(name: string): Note | undefined {
  return remembered(key(name), (value) => {
    const note = value as { accuracy?: number; error?: number; on: string; total: number };
    const sound =
      Number.isFinite(note?.accuracy ?? note?.error) &&
      Number.isFinite(note.total) &&
      typeof note.on === "string";
    return sound ? (note as Note) : undefined;
  });
}

export function keepNote(name: string, note: Note | undefined): void {
  if (note) remember(key(name), note);
  else forget(key(name));
}

/** How well a model did: "99.12%", or "±2.31". */
export function grade(note: Note): string {
  return "error" in note ? `±${measure(note.error)}` : accuracyText(note.accuracy, note.total);
}
