/** Which settings of a run are as the preset has them, and which are someone's own. */
import type { RunSettings } from "../network/presets";

/** What goes together, as it is called. */
const parts: Readonly<Record<string, (run: RunSettings) => unknown>> = {
  "optimiser, rate and schedule": ({ optimizer, learningRate, schedule, attributes }) => [
    optimizer,
    learningRate,
    schedule,
    ...[optimizer, schedule].map((kind) => Object.entries(attributes?.[kind] ?? {}).sort()),
  ],
  "label smoothing": ({ labelSmoothing }) => labelSmoothing,
  "batch size": ({ batchSize }) => batchSize,
  epochs: ({ epochs }) => epochs,
  seed: ({ seed }) => seed,
};

/** The parts in which settings differ from a recipe. */
export function changedFrom(recipe: RunSettings, run: RunSettings): string[] {
  const same = (part: (run: RunSettings) => unknown) =>
    JSON.stringify(part(run)) === JSON.stringify(part(recipe));
  return Object.keys(parts).filter((name) => !same(parts[name] as (run: RunSettings) => unknown));
}

/** The next recipe, in which stays what `run` has otherwise than the recipe before. */
export function withRecipe(run: RunSettings, before: RunSettings, next: RunSettings): RunSettings {
  const own = changedFrom(before, run);
  const { augmentation: _, attributes, ...rest } = run;
  const others = { ...attributes };
  if (!own.includes("optimiser, rate and schedule")) {
    for (const kind of [before.optimizer, before.schedule]) delete others[kind];
    Object.assign(others, next.attributes);
    const { optimizer, learningRate, schedule } = next;
    Object.assign(rest, { optimizer, learningRate, schedule });
  }
  if (!own.includes("label smoothing")) rest.labelSmoothing = next.labelSmoothing;
  if (!own.includes("batch size")) rest.batchSize = next.batchSize;
  if (!own.includes("epochs")) rest.epochs = next.epochs;
  if (!own.includes("seed")) rest.seed = next.seed;
  return {
    ...rest,
    ...(next.augmentation ? { augmentation: next.augmentation } : {}),
    ...(Object.keys(others).length > 0 ? { attributes: others } : {}),
  };
}
