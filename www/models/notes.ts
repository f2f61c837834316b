import { forget, remember, remembered } from "../shared/settings";

/** What this page knows about a model beyond its file: how well it did, and on what. */
export interface Note {
  accuracy: number;
  /** "10,000 test images of MNIST" */
  on: string;
  total: number;
}

const key = (name: string) => `note.${name}`;

export function noteOf(name: string): Note | undefined {
  return remembered(key(name), (value) => {
    const note = value as Note;
    const sound =
      Number.isFinite(note?.accuracy) && Number.isFinite(note.total) && typeof note.on === "string";
    return sound ? note : undefined;
  });
}

export function keepNote(name: string, note: Note | undefined): void {
  if (note) remember(key(name), note);
  else forget(key(name));
}
