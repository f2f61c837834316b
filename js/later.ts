/** Loads what the page's side does without at first. */
import { useConfiguration } from "./config.js";
import { Connection } from "./connection.js";
import { made, make, referTo } from "./data/dataset.js";
import { packData } from "./data/inputs.js";
import { reading } from "./data/reading.js";
import { call, newId } from "./engine.js";
import { messageOf, TabgradError, throwIfAborted } from "./errors.js";
import { platform } from "./platform/platform.js";
import { absolute } from "./urls.js";

/** What training, summaries and reading files need of the page's side. */
export async function later(): Promise<typeof import("./index-rest.js")> {
  try {
    const rest = await import("./index-rest.js");
    rest.useCore({
      absolute,
      call,
      Connection,
      made,
      make,
      newId,
      packData,
      platform,
      reading,
      referTo,
      TabgradError,
      throwIfAborted,
      useConfiguration,
    });
    return rest;
  } catch (error) {
    if (error instanceof TabgradError) throw error;
    throw new TabgradError(
      "network",
      `The package's file index-rest.js cannot be loaded: ${messageOf(error)}. It belongs beside index.js.`,
    );
  }
}

/** Milliseconds after the first prediction in which the network is left to the page. */
const AHEAD_DELAY = 500;

let begun = false;

/** Has it loaded ahead of its use, once; whoever needs it is told if that fails. */
export function loadAhead(): void {
  if (begun) return;
  begun = true;
  const timer: number | { unref(): void } = setTimeout(() => later().catch(() => {}), AHEAD_DELAY);
  // In Node it keeps no program from ending.
  if (typeof timer === "object") timer.unref();
}
