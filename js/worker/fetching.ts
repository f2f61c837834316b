/** Fetches files. */
import { abortError, messageOf, TabgradError } from "../errors.js";
import type { OnProgress } from "./platform.js";

/** Milliseconds between two reports: the page's work on one takes from the cores that unpack. */
const REPORT = 50;

/** The bytes at an address. */
export async function fetchBytes(
  url: string,
  signal?: AbortSignal,
  onProgress?: OnProgress,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of fetchParts(url, signal, onProgress)) parts.push(part);
  return joinedBytes(parts);
}

/** The bytes at an address as they come, telling how far it is. */
export async function* fetchParts(
  url: string,
  signal?: AbortSignal,
  onProgress?: OnProgress,
): AsyncGenerator<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok)
      throw new TabgradError("network", `${url} was answered with status ${response.status}.`);
    if (!onProgress || !response.body) {
      yield new Uint8Array(await response.arrayBuffer());
      return;
    }
    const total = Number(response.headers.get("content-length") ?? 0);
    reader = response.body.getReader();
    let done = 0;
    // With content-encoding the length counts packed bytes: then there is no total.
    const report = () => onProgress(done, done > total ? 0 : total);
    let reported = Number.NEGATIVE_INFINITY;
    for (;;) {
      const { value } = await reader.read();
      if (!value) break;
      done += value.byteLength;
      if (performance.now() - reported > REPORT) {
        report();
        reported = performance.now();
      }
      yield value;
    }
    report();
  } catch (error) {
    if (signal?.aborted) throw abortError(signal);
    if (error instanceof TabgradError) throw error;
    throw new TabgradError("network", `${url} cannot be fetched: ${messageOf(error)}.`);
  } finally {
    // Who wants no more parts need not download them.
    void reader?.cancel().catch(() => {});
  }
}

/** Parts as one. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.byteLength;
  }
  return bytes;
}

/** What a page answers to the address of a file. */
export function noFiles(url: string): TabgradError {
  return new TabgradError(
    "unsupported",
    `${url}: a page cannot reach files. Use indexeddb://NAME, or export() and a download.`,
  );
}
