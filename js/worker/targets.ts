/** Targets for outputs whose losses take none: the engine wants some of every output that is trained. */
import { TabgradError } from "../errors.js";
import type { Dataset as WasmDataset } from "../generated/tabgrad.js";
import { trainedOutputs } from "../model/untargeted.js";
import type { WireData } from "../protocol.js";
import { buildDataset, withSamples } from "./samples.js";
import type { ModelEntry, Session } from "./session.js";

/** Runs `use` with a dataset that has targets of every output that is trained. */
export function withTargets<T>(
  session: Session,
  entry: ModelEntry,
  data: WireData,
  use: (dataset: WasmDataset) => T | Promise<T>,
): Promise<T> {
  return withSamples(session, entry, data, async (dataset) => {
    const completed = complete(dataset, entry);
    if (!completed) return use(dataset);
    try {
      return await use(completed);
    } finally {
      completed.free();
    }
  });
}

/** The same samples with the targets that are missing; nothing where none are. */
function complete(dataset: WasmDataset, { model, spec }: ModelEntry): WasmDataset | undefined {
  const compiled = model.compiled();
  const { targeted, untargeted } = compiled
    ? trainedOutputs(compiled, spec.outputs)
    : { targeted: [], untargeted: [] };
  if (untargeted.length === 0) return undefined;
  const { inputs, targets, inputNames, outputNames, sampleWeight, classNames, preprocessing } =
    dataset.parts();
  const names = outputNames.length > 0 ? [...outputNames] : namesFor(targets.length, targeted);
  const missing = untargeted.filter((name) => !names.includes(name));
  if (missing.length === 0) return undefined;
  const samples = dataset.length;
  // The names of the classes are those of the first targets, and a model takes them over: these have none.
  if (targets.length === 0) {
    names.push("none");
    targets.push({ dense: { data: new Float32Array(samples), shape: [samples, 1] } });
  }
  return buildDataset({
    inputs,
    targets: [...targets, ...missing.map(() => ({ classes: new Uint32Array(samples) }))],
    outputNames: [...names, ...missing],
    ...(inputNames.length > 0 ? { inputNames } : {}),
    ...(classNames.length > 0 ? { classNames } : {}),
    sampleWeight,
    preprocessing,
  });
}

/** Names for targets that go by their order: those of the outputs that take some, or of none. */
function namesFor(found: number, targeted: readonly string[]): string[] {
  if (targeted.length === 0) return Array.from({ length: found }, (_, i) => `unused ${i}`);
  if (found === targeted.length) return [...targeted];
  throw new TabgradError(
    "shape",
    `dataset: found targets of ${found} outputs, expected those of ${targeted.length}: ${targeted.join(", ")}.`,
  );
}
