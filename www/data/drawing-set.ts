import { data } from "tabgrad";
import { CORRECTIONS, drawingsOf } from "../draw/drawings";
import { counted } from "../shared/format";
import { pageDb, type StoredDrawing } from "../shared/page-db";
import type { Source } from "./entry.svelte";
import { digits, pictures } from "./preprocessing";

/** Samples that are made on this page, by hand or by the camera. */
export interface DrawingSet {
  name: string;
  classNames: string[];
  /** Pixels of a side of pictures; drawings have none of their own. */
  side?: number;
}

export const cameraSides = [32, 64, 96, 128] as const;

export const sideOf = (set: DrawingSet) => set.side ?? 64;

export const drawingSetId = (name: string) => `drawings:${name}`;

/** A dataset of drawings made on this page. */
export function drawingSource(set: DrawingSet): Source {
  const about =
    set.name === CORRECTIONS
      ? "Drawings you corrected on the Draw place"
      : `${set.side ? "Pictures" : "Drawings"} of ${counted(set.classNames.length, "class", "classes")}`;
  return {
    id: drawingSetId(set.name),
    name: set.name,
    kind: set.side ? "pictures" : "drawings",
    about,
    async read() {
      const drawings = await drawingsOf(set.name);
      return { train: await toDataset(set, drawings) };
    },
  };
}

async function toDataset(set: DrawingSet, drawings: StoredDrawing[]) {
  const first = drawings[0];
  if (!first)
    throw new Error(
      set.side
        ? `${set.name} has no pictures yet: record some of each class first.`
        : `${set.name} has no drawings yet: draw some of each class first.`,
    );
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

export async function removeSet(name: string): Promise<void> {
  const db = await pageDb();
  const keys = await db.getAllKeysFromIndex("drawings", "set", name);
  await Promise.all(keys.map((key) => db.delete("drawings", key)));
}

export async function renameSet(from: string, to: string): Promise<void> {
  const db = await pageDb();
  const write = db.transaction("drawings", "readwrite");
  for await (const cursor of write.store.index("set").iterate(from)) {
    await cursor.update({ ...cursor.value, set: to });
  }
  await write.done;
}
