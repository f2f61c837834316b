/** Texts that language models write. */
import { call, TabgradError } from "../core.js";
import type { GenerateOptions } from "../types/model.js";

/** A text that goes on from the prompt; `id` is the model's number. */
export async function written(id: number, prompt: string, options: GenerateOptions): Promise<string> {
  const { length = 200, signal, onText, ...spec } = options;
  if (!(Number.isInteger(length) && length >= 0)) {
    throw new TabgradError(
      "argument",
      `generate: length is ${length}, expected a whole number of at least 0: the tokens to write behind the prompt.`,
    );
  }
  const onEvent = (text: unknown) => onText?.(text as string);
  return call("generate", { id, prompt, length, spec }, { signal, onEvent });
}
