/** Bytes that come one after the other, kept so that they can be read anywhere. */
import { throwIfAborted } from "../../errors.js";
import { MemoryFile, type OpenSink, type OpenSource } from "../bytes/source.js";

/** Bytes that stay in memory. */
const MOST_IN_MEMORY = 2 ** 26;

/** All bytes of a stream: in memory, or in a file if they are many and there is a place for it. */
export async function spooled(
  stream: ReadableStream<Uint8Array>,
  scratch: () => Promise<OpenSink | undefined>,
  signal?: AbortSignal,
  onProgress?: (bytes: number) => void,
): Promise<OpenSource> {
  const reader = stream.getReader();
  let sink: OpenSink = new MemoryFile();
  let moved = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      const { value } = await reader.read();
      if (!value) return sink;
      sink.writeAt(sink.length, value);
      onProgress?.(sink.length);
      if (!moved && sink.length > MOST_IN_MEMORY) {
        moved = true;
        sink = await move(sink, await scratch());
      }
    }
  } catch (error) {
    sink.close();
    void reader.cancel().catch(() => {});
    throw error;
  }
}

async function move(from: OpenSink, to: OpenSink | undefined): Promise<OpenSink> {
  if (!to) return from;
  const block = new Uint8Array(2 ** 22);
  for (let offset = 0; offset < from.length; offset += block.length) {
    const part = block.subarray(0, Math.min(block.length, from.length - offset));
    from.readAt(offset, part);
    to.writeAt(offset, part);
  }
  from.close();
  return to;
}
