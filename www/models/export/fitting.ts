/** The data that a model belongs to, as far as they are in this browser. */
import type { Model } from "tabgrad";
import { catalog } from "../../data/catalog.svelte";
import type { Entry } from "../../data/entry.svelte";
import { mnist } from "../../data/mnist";
import { SHIPPED } from "../current.svelte";
import { noteOf } from "../notes";
import { provenanceOf } from "../provenance";

const DIGITS = "0123456789";

/** The dataset that a model learned from, or one of the same classes and shape that comes with the page. */
export async function dataOf(name: string, model: Model): Promise<Entry | undefined> {
  await catalog.findStored();
  const id = provenanceOf(name)?.data?.id;
  const on = noteOf(name)?.on ?? "";
  const known =
    catalog.entries.find((entry) => entry.id === id) ??
    // Models of before have only the words.
    catalog.entries.find((entry) => on.endsWith(` of ${entry.name}`));
  if (known) return known;
  const [input] = model.spec.inputs;
  const isDigits =
    model.classNames.join("") === DIGITS &&
    model.spec.inputs.length === 1 &&
    input?.shape.slice(0, 2).join() === "28,28" &&
    (input.shape[2] ?? 1) === 1;
  return isDigits || name === SHIPPED ? catalog.entries.find((entry) => entry.id === mnist.id) : undefined;
}

/** What stands in the way of asking a model about a dataset that was read, in words. */
export function unlike(model: Model, entry: Entry): string | undefined {
  const [input] = model.spec.inputs;
  const size = (shape: readonly number[] = []) => shape.reduce((all, one) => all * one, 1);
  if (model.spec.inputs.length !== 1 || size(input?.shape) !== size(entry.train?.shape))
    return `the samples of ${entry.name} have another shape now`;
  if (model.classNames.length !== entry.classNames.length) return `${entry.name} has other classes now`;
  return undefined;
}
