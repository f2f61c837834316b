/** What is kept of a run besides its model. */
import type { Dataset, Logs, Model } from "tabgrad";
import type { Entry } from "../data/entry.svelte";
import { modelUrl } from "../models/current.svelte";
import { keepNote, type Note } from "../models/notes";
import { countedAs } from "../shared/look";

/** What the best epoch of a model is called. */
export const bestOf = (name: string) => `${name}, best epoch`;

/** What a model was measured on. */
export function testOf({ look, name }: Entry, { length }: Dataset): Pick<Note, "on" | "total"> {
  return { on: `${countedAs(look, length, "test ")} of ${name}`, total: length };
}

/** Keeps the model as it is under a name of its own, with what the validation said of it. */
export async function keepBest(
  model: Model,
  name: string,
  logs: Logs,
  test: Pick<Note, "on" | "total">,
): Promise<void> {
  const { valAccuracy, valMeanAbsoluteError = Number.NaN } = logs;
  await model.save(modelUrl(name));
  const result = valAccuracy === undefined ? { error: valMeanAbsoluteError } : { accuracy: valAccuracy };
  keepNote(name, { ...result, ...test });
}
