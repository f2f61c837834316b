/** Random access to bytes, while everything waits; what the WebAssembly modules read and write by. */
import { messageOf, TabgradError } from "../../errors.js";

/** A file that can be read. Each call does all or throws. */
export interface OpenSource {
  readonly length: number;
  readAt(offset: number, into: Uint8Array): void;
  /** May be called more than once. */
  close(): void;
}

/** A file that can be written, too. */
export interface OpenSink extends OpenSource {
  writeAt(offset: number, bytes: Uint8Array): void;
  truncate(length: number): void;
  /** Has everything written to where it stays. */
  flush(): void;
}

/** A file for a while, removed when it is closed. */
export interface ScratchFile extends OpenSink {
  /** Closes it and gives all of it; its memory, or its file, is then the browser's. */
  toBlob(): Promise<Blob>;
}

/** The error of reading or writing that failed, or came to fewer bytes than were there. */
export function bytesError(what: string, error: unknown): TabgradError {
  if (error instanceof TabgradError) return error;
  const { name = "", code = "" } = (error ?? {}) as { name?: string; code?: string };
  if (name === "QuotaExceededError" || code === "ENOSPC" || code === "EDQUOT") {
    return new TabgradError(
      "quota",
      `${what} failed: there is no room left. Remove datasets, or free space.`,
    );
  }
  return new TabgradError("storage", `${what} failed: ${messageOf(error)}.`);
}

/** Bytes of memory that is asked for at a time. */
const PIECE = 2 ** 22;

/** A file in memory, in pieces: it grows without being copied. */
export class MemoryFile implements ScratchFile {
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  readAt(offset: number, into: Uint8Array): void {
    this.#each(offset, into.length, (piece, done) => into.set(piece, done));
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    while (this.#pieces.length * PIECE < end) this.#pieces.push(new Uint8Array(PIECE));
    this.#length = Math.max(this.#length, end);
    this.#each(offset, bytes.length, (piece, done) => piece.set(bytes.subarray(done, done + piece.length)));
  }

  truncate(length: number): void {
    this.#length = length;
    this.#pieces.length = Math.ceil(length / PIECE);
  }

  flush(): void {}

  close(): void {
    this.#pieces = [];
    this.#length = 0;
  }

  async toBlob(): Promise<Blob> {
    return this.blob();
  }

  blob(): Blob {
    const parts = this.#pieces.map((piece, index) => piece.subarray(0, this.#length - index * PIECE));
    const blob = new Blob(parts);
    this.close();
    return blob;
  }

  #each(offset: number, count: number, visit: (piece: Uint8Array, done: number) => void): void {
    for (let done = 0; done < count; ) {
      const at = (offset + done) % PIECE;
      const length = Math.min(count - done, PIECE - at);
      const piece = this.#pieces[Math.floor((offset + done) / PIECE)];
      if (!piece || offset + done + length > this.#length) {
        throw new TabgradError("storage", `Reading ${count} bytes at ${offset} of ${this.#length} failed.`);
      }
      visit(piece.subarray(at, at + length), done);
      done += length;
    }
  }
}
