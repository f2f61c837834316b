export interface PathBlob {
  path: string;
  blob: Blob;
}

/** What the format of a file adds to its name. */
const ENDING =
  /(\.(zip|tar|tgz|gz|gzip|npz|npy|bin|csv|tsv|jsonl?|parquet|txt|wav|mp3|ogg|flac|m4a|png|jpe?g|webp|gif|bmp))+$|([-._]?(images|labels))?[-._]?idx[13]([-._]ubyte)?(\.(gz|gzip))?$/i;

/** A name for files that belong together: their folder's, or what is left of the first one's. */
export function nameOf(files: readonly PathBlob[]): string {
  const first = files[0]?.path ?? "";
  const folder = first.includes("/") ? first.split("/")[0] : undefined;
  return folder || base(first).replace(ENDING, "") || "Data";
}

export const isIdx = (path: string) => /(ubyte|\.idx[0-9]?)(\.gz|\.gzip)?$/i.test(path);

export function isImageIdx(path: string): boolean {
  return isIdx(path) && /images|idx3/i.test(base(path));
}

export function base(path: string): string {
  return path.split("/").at(-1) ?? path;
}
