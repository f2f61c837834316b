/** Unpacks gzip, which IDX files usually come in. */
import { messageOf, TabgradError, throwIfAborted } from "../errors.js";

/** Bytes that a packed file may unpack to. */
const MAX_BYTES = 2 ** 31;

/** A file that comes in parts, unpacked while it comes, or as it is if it is not packed. */
export async function gunzipped(
  file: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const parts = file[Symbol.asyncIterator]();
  const { value: first = new Uint8Array() } = await parts.next();
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { value, done } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void parts.return?.(),
  });
  const packed = first[0] === 0x1f && first[1] === 0x8b;
  // The types of the platform know no other bytes than those in memory of one's own.
  const gunzip = new DecompressionStream("gzip") as unknown as ReadableWritablePair<Uint8Array, Uint8Array>;
  const reader = (packed ? source.pipeThrough(gunzip) : source).getReader();
  const all: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { value } = await reader.read();
      throwIfAborted(signal);
      if (!value) return all;
      length += value.byteLength;
      if (length > MAX_BYTES)
        throw new TabgradError("tooLarge", `The file has more than ${MAX_BYTES} bytes.`);
      all.push(value);
    }
  } catch (error) {
    void reader.cancel().catch(() => {});
    if (error instanceof TabgradError) throw error;
    throw new TabgradError("format", `The gzip file is damaged or cut off (${messageOf(error)}).`);
  }
}
