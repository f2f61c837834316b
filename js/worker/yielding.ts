/**
 * Lets other messages through in the middle of a long computation: by a message to oneself, which no
 * browser throttles in a hidden tab, unlike a timer.
 */

/** Milliseconds of computing between two pauses. */
const STRETCH = 12;

const channel = new MessageChannel();
const waiting: (() => void)[] = [];

channel.port1.onmessage = () => waiting.shift()?.();
// In Node an open port keeps the worker alive; the worker's owner decides about that.
(channel.port1 as { unref?: () => void }).unref?.();

let last = 0;

/** Resolves after the messages that wait have been handled. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(() => {
      last = performance.now();
      resolve();
    });
    channel.port2.postMessage(undefined);
  });
}

/** True when it is time to `breathe`. */
export function breathless(): boolean {
  return performance.now() - last > STRETCH;
}
