/** Weights of files and of other models on their way into one. */
import { call, reading, TabgradError } from "../core.js";
import { callData, releaseData } from "../importer.js";
import type { WireBytes } from "../protocol.js";
import type { LoadWeightsOptions } from "../types/model.js";
import type { WeightsReport } from "../types/specs.js";

/** Answers `Model.loadWeights`; `id` is the number of the model that gets them. */
export async function loadedWeights(
  id: number,
  from: WireBytes | { model: number },
  { byName = false, names, ...options }: LoadWeightsOptions,
): Promise<WeightsReport> {
  const strict = !byName;
  const pairs = Object.entries(names ?? {});
  if (pairs.length > 0 && "model" in from) {
    throw new TabgradError(
      "argument",
      "loadWeights: found names and a model, expected names for a file only.",
    );
  }
  for (const [theirs, ours] of pairs) {
    if (typeof ours === "string") continue;
    throw new TabgradError(
      "argument",
      `loadWeights: names has ${String(ours)} for "${theirs}", expected the name of a layer.`,
    );
  }
  // A file of this package is read where the model is, others by what reads files.
  const isForeign = pairs.length > 0;
  const taken = await call("takeWeights", { id, from, layers: [], strict, isForeign }, reading(options));
  if ("loaded" in taken) return taken;
  const file = await call("exportModel", { id, includeOptimizer: false });
  const { report, weights } = await callData(
    "readWeights",
    {
      file,
      weights: taken.foreign,
      layers: pairs.map(([, ours]) => ours),
      modules: pairs.map(([theirs]) => theirs),
      strict,
    },
    { transfer: [file.buffer, taken.foreign.buffer], signal: options.signal },
  );
  releaseData();
  await call("setWeights", { id, weights, what: "loadWeights" });
  return report;
}
