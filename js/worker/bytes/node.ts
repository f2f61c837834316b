/// <reference types="node" />
/** Files in Node. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { TabgradError } from "../../errors.js";
import { bytesError, type OpenSink, type OpenSource } from "./source.js";

/** Opens a file for reading; the folder of a temporary one is removed when it is closed. */
export function openFile(path: string, temporary = false): OpenSource {
  const file = new NodeFile(path, "r");
  if (!temporary) return file;
  return {
    length: file.length,
    readAt: (offset, into) => file.readAt(offset, into),
    close: () => {
      file.close();
      rmSync(dirname(path), { recursive: true, force: true });
    },
  };
}

/** A file of someone's, of which there may be more than can be open at a time. */
export function fileOf(path: string): OpenSource {
  const opened = <T>(use: (file: NodeFile) => T) => {
    const file = new NodeFile(path, "r");
    try {
      return use(file);
    } finally {
      file.close();
    }
  };
  return {
    length: opened(({ length }) => length),
    readAt: (offset, into) => opened((file) => file.readAt(offset, into)),
    close: () => {},
  };
}

/** A file by its descriptor. */
export class NodeFile implements OpenSink {
  #path: string;
  #descriptor: number;
  #length: number;
  #closed = false;

  constructor(path: string, flags: "r" | "r+" | "w+") {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, flags);
      this.#length = fstatSync(this.#descriptor).size;
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") {
        throw new TabgradError("notFound", `There is no file ${path}.`, { cause: error });
      }
      throw bytesError(`Opening ${path}`, error);
    }
  }

  get length(): number {
    return this.#length;
  }

  readAt(offset: number, into: Uint8Array): void {
    try {
      for (let done = 0; done < into.length; ) {
        const count = readSync(this.#descriptor, into, done, into.length - done, offset + done);
        if (count === 0) throw new Error(`found ${done} bytes`);
        done += count;
      }
    } catch (error) {
      throw bytesError(`Reading ${into.length} bytes at ${offset} of ${this.#path}`, error);
    }
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, offset + done);
      }
      this.#length = Math.max(this.#length, offset + bytes.length);
    } catch (error) {
      throw bytesError(`Writing ${bytes.length} bytes to ${this.#path}`, error);
    }
  }

  truncate(length: number): void {
    try {
      ftruncateSync(this.#descriptor, length);
      this.#length = length;
    } catch (error) {
      throw bytesError(`Cutting off ${this.#path}`, error);
    }
  }

  flush(): void {
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      throw bytesError(`Writing ${this.#path}`, error);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }
}
