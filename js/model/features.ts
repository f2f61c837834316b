/** What a model makes of a dataset, as a dataset. */
import { call, make } from "../core.js";
import type { DatasetParts } from "../protocol.js";
import type { Dataset } from "../types/dataset.js";
import type { Model, PredictOptions } from "../types/model.js";
import type { Tensor } from "../types/tensors.js";

/** What a layer gives for all samples, with their targets. */
export async function featuresOf(
  model: Model,
  dataset: Dataset,
  layer: string,
  options: PredictOptions,
): Promise<Dataset> {
  const { data, shape } = await outputsAt(model, dataset, layer, options);
  const [targets, sampleWeight] = await Promise.all([targetsOf(dataset), dataset.sampleWeight()]);
  const { classNames } = dataset;
  const parts: DatasetParts = {
    inputs: [{ data, shape: shape.slice(1) }],
    ...(targets ? { targets } : {}),
    sampleWeight,
    ...(classNames.length > 0 ? { classNames: [...classNames] } : {}),
  };
  const transfer = [data.buffer as ArrayBuffer];
  return make((id) => call("createDataset", { id, parts }, { transfer }));
}

async function outputsAt(
  ...[model, dataset, layer, options]: Parameters<typeof featuresOf>
): Promise<Tensor> {
  const cut = await model.upTo(layer);
  try {
    return await cut.predict(dataset, options);
  } finally {
    cut.dispose();
  }
}

async function targetsOf(dataset: Dataset): Promise<DatasetParts["targets"]> {
  const dense = await dataset.targets();
  if (dense) return [{ dense: { data: dense.data, shape: dense.shape } }];
  const classes = await dataset.labels();
  return classes.length === dataset.length ? [{ classes }] : undefined;
}
