/** What networks get to see, which decides which of them fit. */
import type { Dataset } from "tabgrad";
import { lookOf } from "../../shared/look";

export type Seen = "pictures" | "colours" | "sounds" | "rows" | "words" | "sequences";

/** The samples that a network is made for. */
export interface Given {
  seen: Seen;
  /** How many words have an id, where samples are ids of words. */
  vocabulary: number;
}

export const digits: Given = { seen: "pictures", vocabulary: 0 };

/** What is said of a preset that is for such samples. */
export const seenNames: Readonly<Record<Seen, string>> = {
  pictures: "pictures",
  colours: "pictures in colour",
  sounds: "sounds",
  rows: "rows and counts of words",
  words: "texts as words in their order",
  sequences: "sequences of rows",
};

/** Ids in front of those of words: padding, and words that are not known. */
const SPECIAL = 2;

/** Tokens of byte pairs before any became one. */
const BYTES = 256;

/** Of samples of this shape, after their steps. */
export function givenBy(dataset: Pick<Dataset, "preprocessing" | "shape">, shape: readonly number[]): Given {
  const { text } = dataset.preprocessing;
  if (shape.length === 1 && text && text.output !== "counts") {
    const { vocabulary = [], merges = [], maxTokens = 0 } = text;
    const known = vocabulary.length > 0;
    const ids = SPECIAL + (known ? vocabulary.length : BYTES + merges.length);
    return { seen: "words", vocabulary: known ? ids : Math.max(ids, maxTokens) };
  }
  const vocabulary = 0;
  if (shape.length === 1) return { seen: "rows", vocabulary };
  if (shape.length === 2) return { seen: "sequences", vocabulary };
  if (lookOf(dataset) === "sounds") return { seen: "sounds", vocabulary };
  return { seen: (shape[2] ?? 1) > 1 ? "colours" : "pictures", vocabulary };
}

/** Whether a preset for these fits those; a picture in colour and a spectrum are pictures, too. */
export function fitsTo(seen: Seen, of: Seen): boolean {
  return seen === of || (of === "pictures" && (seen === "sounds" || seen === "colours"));
}
