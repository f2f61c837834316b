import { data } from "tabgrad";
import { CORRECTIONS, drawingsOf } from "../draw/drawings";
import { counted } from "../shared/format";
import { pageWrite, type StoredDrawing } from "../shared/page-db";
import type { Source } from "./entry.svelte";
import { digits, pictures } from "./preprocessing";
import type { Refinement } from "./refinement";
import { RATE } from "./sound/recording";

/** Samples that are made on this page, by hand, by the camera or by the microphone. */
export interface DrawingSet {
  name: string;
  classNames: string[];
  /** Pixels of a side of pictures; drawings have none of their own. */
  side?: number;
  /** Of each recording; only of sets of recordings. */
  seconds?: number;
}

export const cameraSides = [32, 64, 96, 128] as const;
export const recordedSeconds = [0.5, 1, 2, 3, 5] as const;

export const secondsOf = (set: DrawingSet) => set.seconds ?? 1;

/** What its samples are. */
const kindOf = (set: DrawingSet) => (set.seconds ? "recordings" : set.side ? "pictures" : "drawings");

export const sideOf = (set: DrawingSet) => set.side ?? 64;

const titles = { recordings: "Recordings", pictures: "Pictures", drawings: "Drawings" } as const;

export const drawingSetId = (name: string) => `drawings:${name}`;

/** A dataset of drawings made on this page. */
export function drawingSource(set: DrawingSet): Source {
  const about =
    set.name === CORRECTIONS
      ? "Drawings you corrected on the Draw place"
      : `${titles[kindOf(set)]} of ${counted(set.classNames.length, "class", "classes")}`;
  return {
    id: drawingSetId(set.name),
    name: set.name,
    kind: kindOf(set),
    about,
    async read() {
      const drawings = await drawingsOf(set.name);
      if (drawings.length === 0)
        throw new Error(`${set.name} has no ${kindOf(set)} yet: make some of each class first.`);
      return { train: await (set.seconds ? toSounds(set, drawings) : toDataset(set, drawings)) };
    },
  };
}

async function toDataset(set: DrawingSet, drawings: StoredDrawing[]) {
  const first = drawings[0] as StoredDrawing;
  const size = first.pixels.length;
  const kept = drawings.filter((drawing) => drawing.pixels.length === size);
  const names = set.classNames.length > 0 ? set.classNames : namesOf(kept);
  const x = new Uint8Array(kept.length * size);
  const y = new Uint32Array(kept.length);
  kept.forEach((drawing, i) => {
    x.set(drawing.pixels, i * size);
    y[i] = names.indexOf(drawing.label);
  });
  return data.fromArrays({
    x,
    shape: [kept.length, ...first.shape],
    y,
    classNames: names,
    preprocessing: set.side ? pictures(set.side) : digits,
  });
}

/** Recordings are WAV files, which are read as any that are dropped here. */
async function toSounds(set: DrawingSet, recordings: StoredDrawing[]) {
  const files = recordings.map(({ label, pixels, id }) => ({
    path: `${set.name}/${label}/${id}.wav`,
    file: new Blob([pixels as Uint8Array<ArrayBuffer>]),
  }));
  return data.fromFiles(files, { audio: { sampleRate: RATE, seconds: secondsOf(set) } });
}

/** Digits are ten classes even where some were never corrected. */
function namesOf(drawings: StoredDrawing[]): string[] {
  const labels = [...new Set(drawings.map(({ label }) => label))].sort();
  return labels.every((label) => /^\d$/.test(label)) ? [..."0123456789"] : labels;
}

/** How many drawings each class of a set has. */
export async function countsOf(set: DrawingSet): Promise<number[]> {
  const drawings = await drawingsOf(set.name);
  return set.classNames.map((name) => drawings.filter(({ label }) => label === name).length);
}

/** Removes a set with all its samples and what was decided about them. */
export async function removeSet(name: string): Promise<void> {
  await pageWrite(["drawings", "refinements"], "relaxed", async (writing, begin) => {
    const drawings = writing.objectStore("drawings");
    for (const key of await drawings.index("set").getAllKeys(name)) begin(drawings.delete(key));
    begin(writing.objectStore("refinements").delete(drawingSetId(name)));
  });
}

/** Gives all samples of a set to another name, and what was decided about them. */
export async function renameSet(from: string, to: string, decided: Refinement): Promise<void> {
  await pageWrite(["drawings", "refinements"], "strict", async (writing, begin) => {
    const drawings = writing.objectStore("drawings");
    for (const drawing of await drawings.index("set").getAll(from)) {
      begin(drawings.put({ ...drawing, set: to }));
    }
    const refinements = writing.objectStore("refinements");
    begin(refinements.put({ ...decided, id: drawingSetId(to) }));
    begin(refinements.delete(drawingSetId(from)));
  });
}
