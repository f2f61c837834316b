import { pageDb, type StoredDrawing } from "../shared/page-db";

/** Drawings that were corrected on the Draw place. */
export const CORRECTIONS = "Corrections";

export async function storeDrawing(drawing: Omit<StoredDrawing, "id">): Promise<number> {
  const db = await pageDb();
  return db.add("drawings", drawing as StoredDrawing);
}

export async function removeDrawing(id: number): Promise<void> {
  const db = await pageDb();
  await db.delete("drawings", id);
}

export async function drawingsOf(set: string): Promise<StoredDrawing[]> {
  const db = await pageDb();
  return db.getAllFromIndex("drawings", "set", set);
}
