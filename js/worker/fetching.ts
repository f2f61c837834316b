/** Fetches files. */
import { abortError, messageOf, TabgradError } from "../errors.js";
import type { OnProgress } from "./platform.js";

/** The bytes at an address. */
export async function fetchBytes(
  url: string,
  signal?: AbortSignal,
  onProgress?: OnProgress,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok)
      throw new TabgradError("network", `${url} was answered with status ${response.status}.`);
    return await collect(response, onProgress);
  } catch (error) {
    if (signal?.aborted) throw abortError(signal);
    if (error instanceof TabgradError) throw error;
    throw new TabgradError("network", `${url} cannot be fetched: ${messageOf(error)}.`);
  }
}

/** The body of an answer, telling how far it is. */
async function collect(response: Response, onProgress?: OnProgress): Promise<Uint8Array> {
  if (!onProgress || !response.body) return new Uint8Array(await response.arrayBuffer());
  const total = Number(response.headers.get("content-length") ?? 0);
  const parts: Uint8Array[] = [];
  let done = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { value } = await reader.read();
    if (!value) break;
    parts.push(value);
    done += value.byteLength;
    // With content-encoding the length counts packed bytes: then there is no total.
    onProgress(done, done > total ? 0 : total);
  }
  const bytes = new Uint8Array(done);
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.byteLength;
  }
  return bytes;
}
