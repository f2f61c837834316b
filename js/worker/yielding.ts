import { abortError } from "../errors.js";
import type { Context } from "./serve.js";

/**
 * Lets other messages through in the middle of a long computation: by a message to oneself, which no
 * browser throttles in a hidden tab, unlike a timer.
 */

/** Milliseconds of computing between two pauses. */
const STRETCH = 12;

/** Node's way: its message ports handle a thousand messages of their own before anybody else has a turn. */
const immediate = (globalThis as { setImmediate?: (action: () => void) => void }).setImmediate;

const channel = immediate ? undefined : new MessageChannel();
const waiting: (() => void)[] = [];

if (channel) channel.port1.onmessage = () => waiting.shift()?.();

let last = 0;

/** Resolves after the messages that wait have been handled. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const rested = () => {
      last = performance.now();
      resolve();
    };
    if (immediate) return void immediate(rested);
    waiting.push(rested);
    channel?.port2.postMessage(undefined);
  });
}

/** True when it is time to `breathe`. */
export function breathless(): boolean {
  return performance.now() - last > STRETCH;
}

/** Lets others have their turn when it is time, and ends what was aborted. */
export async function takeTurns(context: Context, before?: () => void): Promise<void> {
  if (!breathless()) return;
  before?.();
  await breathe();
  if (context.signal.aborted) throw abortError();
}
