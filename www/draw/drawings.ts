import { pageDb, pageWrite, type StoredDrawing } from "../shared/page-db";

/** Drawings that were corrected on the Draw place. */
export const CORRECTIONS = "Corrections";

export async function storeDrawing(drawing: Omit<StoredDrawing, "id">): Promise<number> {
  let id = 0;
  await pageWrite(["drawings"], "relaxed", (writing, begin) => {
    const adding = writing.objectStore("drawings").add(drawing as StoredDrawing);
    begin(
      adding.then((key) => {
        id = key;
      }),
    );
  });
  return id;
}

export async function removeDrawing(id: number): Promise<void> {
  await pageWrite(["drawings"], "relaxed", (writing, begin) => {
    begin(writing.objectStore("drawings").delete(id));
  });
}

export async function drawingsOf(set: string): Promise<StoredDrawing[]> {
  const db = await pageDb();
  return db.getAllFromIndex("drawings", "set", set);
}
