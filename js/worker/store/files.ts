/// <reference types="node" />
/** Files of Node that are written whole or not at all. */
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, TabgradError } from "../../errors.js";

/** Writes a file: whatever happens meanwhile, at its place is the old one or the new one. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  // Of its own, though others in this program write the same file.
  const temporary = `${path}.${randomUUID()}.tmp`;
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
    if (codeOf(error) === "ENOENT")
      throw new TabgradError("notFound", `${path} cannot be written: there is no folder ${dirname(path)}.`);
    throw fileError(path, "written", error);
  }
}

/** The error for a file. */
export function fileError(path: string, what: string, error: unknown): TabgradError {
  const code = codeOf(error);
  const kind = code === "ENOENT" ? "notFound" : code === "ENOSPC" || code === "EDQUOT" ? "quota" : "storage";
  return new TabgradError(kind, `${path} cannot be ${what}: ${messageOf(error)}.`);
}

const codeOf = (error: unknown) => (error as { code?: string }).code;
