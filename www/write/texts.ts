/** What a text to learn from must be, and how it is taken apart. */
import { bytes, count } from "../shared/format";

/** Characters below which there is nothing to learn. */
export const FEWEST = 2000;
/** Bytes above which an epoch takes longer than anybody waits. */
export const MOST = 8_000_000;
/** The share at the end that the model is asked about and never learns from. */
const HELD = 0.1;

/** Characters at which the work is laid down so that the page stays free. */
const STRETCH = 250_000;

/** The text of these bytes. Throws, in words, if they are none. */
export function textOf(buffer: Uint8Array, name: string): string {
  if (buffer.length === 0) throw new Error(`${name} is empty. Choose a file with text in it.`);
  const text = decoded(buffer);
  if (text === undefined) {
    throw new Error(
      `${name} is no text: it holds bytes that no text has. Choose a .txt file, or paste the text.`,
    );
  }
  return text.replace(/\r\n?/g, "\n");
}

function decoded(buffer: Uint8Array): string | undefined {
  const [first, second] = buffer;
  const sixteen =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "";
  if (sixteen) return new TextDecoder(sixteen).decode(buffer);
  // What stands in no text, in whatever encoding: control characters besides tabs, line ends, form feeds and escapes.
  if (buffer.some((byte) => byte < 32 && !(byte >= 9 && byte <= 13) && byte !== 26 && byte !== 27))
    return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    // Before UTF-8, texts of western languages were written so.
    return new TextDecoder("windows-1252").decode(buffer);
  }
}

/** Why a file is not even read; empty if it can be. */
export function tooLarge(size: number, name: string): string {
  return size > MOST
    ? `${name} has ${bytes(size)}. Up to ${bytes(MOST)} can be learned from here: cut it into parts.`
    : "";
}

/** Why nothing can be learned from a text; empty if something can. */
export function tooShort(text: string, name: string): string {
  const length = text.trim().length;
  return length < FEWEST
    ? `${name} has ${count(length)} ${length === 1 ? "character" : "characters"}. A model needs at least ${count(FEWEST)} to learn from, better 100,000 and more.`
    : "";
}

/** What is learned from, and the end of the text that is held out: cut at the beginning of a line if one is near. */
export function cut(text: string): [learned: string, held: string] {
  const wanted = Math.round(text.length * (1 - HELD));
  const line = text.indexOf("\n", wanted) + 1;
  let at = line > 0 && line - wanted <= text.length * 0.01 ? line : wanted;
  // Not between the halves of a character.
  if (/[\udc00-\udfff]/.test(text.charAt(at))) at += 1;
  return [text.slice(0, at), text.slice(at)];
}

/** How many different characters there are. Takes its time, and leaves some to the page. */
export async function different(text: string): Promise<number> {
  const found = new Set<string>();
  for (let from = 0; from < text.length; from += STRETCH) {
    for (const character of text.slice(from, from + STRETCH)) {
      // Half of one, at the end of a stretch, is none.
      if (!/^[\ud800-\udfff]$/.test(character)) found.add(character);
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  return found.size;
}

/** The beginning of a text, as it is shown. */
export function beginning(text: string, most = 400): string {
  const start = text.slice(0, 2 * most).trim();
  return start.length > most ? `${start.slice(0, most).trimEnd()}…` : start;
}
