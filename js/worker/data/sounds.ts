/** Sounds: WAV is read here, all else by the page, since only there browsers decode any. */
import type { SoundAnswer, SoundRequest } from "../../data-protocol.js";
import { TabgradError, throwIfAborted } from "../../errors.js";
import { readSound } from "../../generated/tabgrad_data.js";
import type { WireSound } from "../../protocol.js";
import type { Context } from "../serve.js";

/** Samples a second of a specification that says none. */
const DEFAULT_RATE = 22_050;

/** The sound of a file. */
export async function soundOf(blob: Blob, rate: number | undefined, context: Context): Promise<WireSound> {
  const bytes = await blob.arrayBuffer();
  if (isWav(bytes)) return readSound(new Uint8Array(bytes));
  return decodedSound(bytes, rate ?? DEFAULT_RATE, context);
}

/** A sound as the page reads it, of so many samples a second. */
export async function decodedSound(sound: ArrayBuffer, rate: number, context: Context): Promise<WireSound> {
  const found = (await context.ask({ sound, rate } satisfies SoundRequest)) as SoundAnswer;
  throwIfAborted(context.signal);
  if (found === undefined) {
    throw new TabgradError(
      "unsupported",
      "This sound is read by browsers only, and only where the package runs in a page; everywhere else WAV is read.",
    );
  }
  if (typeof found === "string") {
    throw new TabgradError(
      "format",
      `The sound cannot be read by this browser: ${found}. Convert it to WAV.`,
    );
  }
  return found;
}

function isWav(bytes: ArrayBuffer): boolean {
  const head = new Uint8Array(bytes, 0, Math.min(bytes.byteLength, 12));
  return /^(RIFF|RF64)[\s\S]{4}WAVE$/.test(String.fromCharCode(...head));
}
