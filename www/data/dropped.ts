import type { PathBlob } from "./sort-out";

/** All files of an <input type="file">, folders included. */
export function chosenFiles(list: FileList): PathBlob[] {
  return Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
}

/** All files of a drop, folders walked through. Entries must be taken before the first await. */
export async function droppedFiles(transfer: DataTransfer): Promise<PathBlob[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found: PathBlob[] = [];
  for (const entry of entries) {
    // What a program put there is a file without a place in any folder.
    if (entry instanceof File) found.push({ path: entry.name, blob: entry });
    else if (entry) await walk(entry, found);
  }
  return found;
}

async function walk(entry: FileSystemEntry, found: PathBlob[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ path: entry.fullPath.replace(/^\//, ""), blob: file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const next = () => new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
  // A reader gives at most a hundred entries at a time, and none at the end.
  for (let batch = await next(); batch.length > 0; batch = await next()) {
    for (const child of batch) await walk(child, found);
  }
}
