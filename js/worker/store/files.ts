/// <reference types="node" />
/** Files of Node that are written whole or not at all. */
import { open, rename, rm } from "node:fs/promises";
import { messageOf, TabgradError } from "../../errors.js";

/** Writes a file: whatever happens meanwhile, at its place is the old one or the new one. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(bytes);
      // On the disk before its name is: a power cut must not leave an empty file under it.
      await file.sync();
    } finally {
      await file.close();
    }
    // Renaming replaces the old file in one step.
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(path, "written", error);
  }
}

/** The error for a file. */
export function fileError(path: string, what: string, error: unknown): TabgradError {
  const code = (error as { code?: string }).code;
  const kind = code === "ENOENT" ? "notFound" : code === "ENOSPC" || code === "EDQUOT" ? "quota" : "storage";
  return new TabgradError(kind, `${path} cannot be ${what}: ${messageOf(error)}.`);
}
