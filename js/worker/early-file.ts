/** The file that the first call asks for, which is fetched while the engine starts. */
import type { OnProgress, WorkerPlatform } from "./platform.js";

/** A file on its way. */
export class EarlyFile {
  readonly url: string;
  #abort = new AbortController();
  #onProgress: OnProgress | undefined;
  #bytes: Promise<Uint8Array>;

  constructor(url: string, platform: WorkerPlatform) {
    this.url = url;
    this.#bytes = platform.read(url, this.#abort.signal, (done, total) => this.#onProgress?.(done, total));
    // Said by the call that asks for it.
    this.#bytes.catch(() => {});
  }

  /** What it holds, for the call that asks for it. */
  async taken(signal: AbortSignal, onProgress: OnProgress): Promise<Uint8Array> {
    this.#onProgress = onProgress;
    if (signal.aborted) this.#abort.abort();
    signal.addEventListener("abort", () => this.#abort.abort());
    const bytes = await this.#bytes;
    onProgress(bytes.length, bytes.length);
    return bytes;
  }
}
