/** How long calls report and stop. */
import type { ReadEvent } from "../protocol.js";
import type { ReadOptions } from "../types/dataset.js";

/** How a reading listens and stops. */
export function reading({ signal, onProgress }: ReadOptions) {
  return {
    signal,
    onEvent: (event: unknown) => {
      const { done, total } = event as ReadEvent;
      onProgress?.(done, total);
    },
  };
}
