/** Texts as samples of what comes next. */
import { absolute, call, make, TabgradError } from "../core.js";
import type { BytesSource, Dataset, TextOptions } from "../types/dataset.js";

/** A dataset that teaches a language model what comes next in a text. */
export async function textDataset(source: string | BytesSource, options: TextOptions): Promise<Dataset> {
  const { length = 96, stride = length, ...spec } = options;
  const text = await textOf(source);
  const whole = { split: "characters", lowercase: false, minCount: 1, ...spec } as const;
  return make((id) => call("readText", { id, text, spec: whole, length, stride }));
}

/** A text is itself; everything else is read as UTF-8. */
async function textOf(source: string | BytesSource): Promise<string> {
  if (typeof source === "string") return source;
  if (source instanceof URL) {
    const response = await fetch(absolute(source));
    if (!response.ok) {
      throw new TabgradError(
        "network",
        `${source.href}: the server answered ${response.status}, expected a text.`,
      );
    }
    return response.text();
  }
  return new Blob([source as BlobPart]).text();
}
