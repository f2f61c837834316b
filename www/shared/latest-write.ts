/** Those that have something to write. */
const pending = new Set<LatestWrite>();

/** Begins to write what waits: this may be the last that the page does. */
function flushAll(): void {
  for (const one of pending) one.flush();
}

/** Has what waits written when the page is left or hidden. */
export function flushWhenLeft(page: Pick<Window, "addEventListener"> & { document: Document }): void {
  page.addEventListener("pagehide", flushAll);
  page.document.addEventListener("visibilitychange", () => {
    if (page.document.visibilityState === "hidden") flushAll();
  });
}

/**
 * Writes what changes quickly: once at a time, and then what it is by that time. What is not written yet is when the
 * page is left.
 */
export class LatestWrite {
  #write: () => Promise<void>;
  #writing: Promise<void> | undefined;
  #changed = false;

  /** `write` writes the state there is when it is called, and takes care of errors. */
  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  /** To be called after each change. Resolves when it is written. */
  changed(): Promise<void> {
    this.#changed = true;
    pending.add(this);
    this.#writing ??= this.#go();
    return this.#writing;
  }

  /** Does not wait for what is being written: transactions are in the order in which they begin. */
  flush(): void {
    if (!this.#changed) return;
    this.#changed = false;
    void this.#write();
  }

  /** Drops what waits, and resolves when nothing is being written any more. */
  async cancel(): Promise<void> {
    this.#changed = false;
    await this.#writing;
  }

  async #go(): Promise<void> {
    while (this.#changed) {
      this.#changed = false;
      await this.#write();
    }
    pending.delete(this);
    this.#writing = undefined;
  }
}
