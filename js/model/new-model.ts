/** Models from their designs. */
import { call, keep, newId } from "../engine.js";
import type { Model } from "../types/model.js";
import type { Design, Taken } from "./graph.js";
import { ModelHandle } from "./model.js";

/** A model from its design. Does not wait. */
export function newModel({ spec, taken }: Design): Model {
  const id = newId();
  const ready = call("createModel", { id, source: { spec } }).then(async () => {
    // Kept once it is there: a spec that the engine refuses is not to be tried again.
    keep(id, { source: { spec } });
    await takeWeights(id, taken);
  });
  const handle = new ModelHandle(id, ready, { spec, classNames: [], history: {} });
  // Samples are to become what the first layers have learned to see.
  const [first] = taken.values();
  if (first?.model.preprocessing) handle.preprocessing = first.model.preprocessing;
  return handle;
}

/** Has a model take the weights of layers of others, by the names that it has for them. */
async function takeWeights(id: number, taken: ReadonlyMap<string, Taken>): Promise<void> {
  for (const model of new Set([...taken.values()].map(({ model }) => model))) {
    const own = [...taken].filter(([, layer]) => layer.model === model);
    const layers = own.flatMap(([name, { layer }]) => [layer, name]);
    const from = { model: await ModelHandle.referTo(model) };
    await call("takeWeights", { id, from, layers, strict: true });
  }
}
