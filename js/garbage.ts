/** Node has no such objects as are meant here. */
const IN_NODE = "setImmediate" in globalThis;

/** Chromium begins to collect when the buffers of a page or a worker have grown by 64 MB. */
const WORTH_COLLECTING = 2 ** 26 + 2 ** 20;

/**
 * Has the browser collect garbage. Messages between workers and reads of files leave objects in its own memory, some
 * kilobytes a training step or a file, of which Chromium's collector takes no notice: where a worker allocates little
 * besides, they grow by a megabyte a second for a minute and a half. It takes notice of buffers, also of one that is
 * let go at once; nothing is ever in this one, so it takes addresses and no memory.
 */
export function collect(): void {
  if (IN_NODE) return;
  try {
    void new ArrayBuffer(WORTH_COLLECTING);
  } catch {
    // Where there is no room for it the browser has collected in vain.
  }
}

/** Milliseconds until whoever handed files over has let go of them. */
const LET_GO = 500;

/** The same as soon as whoever called has let go of what it holds. */
export function collectSoon(): void {
  if (!IN_NODE) setTimeout(collect, LET_GO);
}
