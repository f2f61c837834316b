/** Unpacks gzip, which IDX files usually come in. */
import { messageOf, TabgradError, throwIfAborted } from "../errors.js";

/** Bytes that a packed file may unpack to. */
const MAX_BYTES = 2 ** 31;

/** The bytes unpacked, or as they are if they are not packed. */
export async function gunzipped(bytes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const reader = unpacked.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { value } = await reader.read();
      throwIfAborted(signal);
      if (!value) break;
      length += value.byteLength;
      if (length > MAX_BYTES)
        throw new TabgradError("tooLarge", `The gzip file unpacks to more than ${MAX_BYTES} bytes.`);
      parts.push(value);
    }
  } catch (error) {
    void reader.cancel().catch(() => {});
    if (error instanceof TabgradError) throw error;
    throw new TabgradError("format", `The gzip file is damaged or cut off (${messageOf(error)}).`);
  }
  const all = new Uint8Array(length);
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.byteLength;
  }
  return all;
}
