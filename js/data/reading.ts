/** How long calls report and stop. */
import type { ReadEvent } from "../protocol.js";
import type { ReadOptions } from "../types/dataset.js";

/** Milliseconds over which a rate is taken. */
const STRETCH = 4000;

/** How a reading listens and stops. */
export function reading({ signal, onProgress }: ReadOptions) {
  const rate = new Rate();
  return {
    signal,
    onEvent: (event: unknown) => {
      const { done, total, unit } = event as ReadEvent;
      const perSecond = rate.at(done, performance.now());
      const secondsLeft = perSecond > 0 && total > 0 ? (total - done) / perSecond : undefined;
      onProgress?.({ done, total, unit, rate: perSecond, secondsLeft });
    },
  };
}

/** How fast something grows, over the last seconds. */
class Rate {
  #points: { done: number; time: number }[] = [];

  at(done: number, time: number): number {
    // Another thing is counted from here on.
    if (done < (this.#points.at(-1)?.done ?? 0)) this.#points = [];
    this.#points.push({ done, time });
    while (this.#points.length > 2 && time - (this.#points[0]?.time ?? 0) > STRETCH) this.#points.shift();
    const [first] = this.#points;
    if (!first || time === first.time) return 0;
    return ((done - first.done) * 1000) / (time - first.time);
  }
}
