/** Files, wherever they come from. */

/** A file that can be read. */
export interface Source {
  path: string;
  /** Bytes that reading it gives. */
  size: number;
  read(signal: AbortSignal): Promise<Uint8Array>;
}

/** Lists the files of an archive; `close` ends reading. */
export type OpenArchive = (archive: Blob) => Promise<{ sources: Source[]; close: () => Promise<void> }>;
