/** How fast a run is. */

/** Samples a second over the last stretch, without what came in between. */
export class Rate {
  /** Milliseconds over which the rate is taken. */
  static readonly STRETCH = 1000;
  #since = performance.now();
  #samples = 0;
  #last = 0;

  add(samples: number): void {
    this.#samples += samples;
    const elapsed = performance.now() - this.#since;
    if (elapsed >= Rate.STRETCH) {
      this.#last = (this.#samples * 1000) / elapsed;
      this.interrupt();
    }
  }

  /** Starts a new stretch, after time that does not count. */
  interrupt(): void {
    this.#since = performance.now();
    this.#samples = 0;
  }

  get value(): number {
    if (this.#last > 0) return this.#last;
    return (this.#samples * 1000) / Math.max(performance.now() - this.#since, 0.01);
  }
}
