import { abortError } from "../errors.js";
import { collect } from "../garbage.js";
import type { Context } from "./serve.js";

/**
 * Lets other messages through in the middle of a long computation: by a message to oneself, which no
 * browser throttles in a hidden tab, unlike a timer.
 */

/** Milliseconds of computing between two pauses, each of which costs a quarter of one. */
const STRETCH = 20;

/** Milliseconds of work after which the browser is asked to collect garbage: it grows by some 30 MB until then. */
const COLLECTED = 30_000;

/** Node's way: its message ports handle a thousand messages of their own before anybody else has a turn. */
const immediate = (globalThis as { setImmediate?: (action: () => void) => void }).setImmediate;

const channel = immediate ? undefined : new MessageChannel();
const waiting: (() => void)[] = [];

if (channel) channel.port1.onmessage = () => waiting.shift()?.();

let last = 0;
let collected = 0;

/** Resolves after the messages that wait have been handled. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const rest = () => {
      rested();
      resolve();
    };
    if (immediate) return void immediate(rest);
    waiting.push(rest);
    channel?.port2.postMessage(undefined);
  });
}

/** Says that other messages have had their turn. */
export function rested(): void {
  last = performance.now();
  if (last - collected <= COLLECTED) return;
  collected = last;
  collect();
}

/** True when it is time to `breathe`. */
export function breathless(stretch = STRETCH): boolean {
  return performance.now() - last > stretch;
}

/** Lets others have their turn when it is time, and ends what was aborted. */
export async function takeTurns(context: Context, before?: () => void): Promise<void> {
  if (!breathless()) return;
  before?.();
  await breathe();
  if (context.signal.aborted) throw abortError();
}
