import type { Dataset, Sample } from "tabgrad";
import { counted } from "./format";
import { type Pixels, spectrogram } from "./pixels";

/** What the samples of a dataset are, to be shown as that. */
export type Look = "pictures" | "sounds" | "rows" | "texts" | "numbers";

/** Characters of a text that are fetched where many are shown. */
export const EXCERPT = 300;

/** A value of a table. */
export type Cell = number | string | boolean | null;

/** What stands in a column, whatever that is called. */
export function cellIn(row: Sample["row"], column: string): Cell | undefined {
  return row && Object.hasOwn(row, column) ? row[column] : undefined;
}

/** By the steps that made them what they are. */
export function lookOf({ preprocessing, shape }: Pick<Dataset, "preprocessing" | "shape">): Look {
  if (preprocessing.audio) return "sounds";
  if (preprocessing.table) return "rows";
  if (preprocessing.text) return "texts";
  return shape.length > 1 ? "pictures" : "numbers";
}

/** Whether samples are shown in words. */
export function isWords(look: Look): boolean {
  return look === "rows" || look === "texts";
}

/** What one sample is called. */
export const nouns = {
  pictures: "image",
  sounds: "recording",
  rows: "row",
  texts: "text",
  numbers: "sample",
} as const satisfies Record<Look, string>;

/** "1,000 recordings", or "1,000 test recordings". */
export function countedAs(look: Look, n: number, kind = ""): string {
  return counted(n, kind + nouns[look]);
}

/** A sample that is no picture, in words: its text, or its columns. */
export function inWords({ text, tokens, row }: Sample): string | undefined {
  const words = text ?? tokens;
  if (words !== undefined) return words === "" ? "(no words)" : words;
  if (!row) return undefined;
  return Object.entries(row)
    .map(([name, value]) => `${name} ${cellText(value)}`)
    .join(", ");
}

/** A value of a table as it is shown. */
export function cellText(value: Cell | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

/** What there is to see of a sample: of a sound what is heard when, moments from left to right, high tones above. */
export function pixelsOf({ data, shape }: Sample, look: Look): Pixels {
  const [height = 1, width = 1, channels = 1] = shape;
  const image = { data, height, width, channels };
  return look === "sounds" ? spectrogram(image) : image;
}
