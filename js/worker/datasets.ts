/** Answers what is asked of datasets. */
import { throwIfAborted } from "../errors.js";
import { Preparation, readIdxDataset, type Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { WireBytes } from "../protocol.js";
import type { Preprocessing } from "../types/specs.js";
import { readFiles } from "./files.js";
import { gunzipped } from "./gzip.js";
import type { OnProgress, WorkerPlatform } from "./platform.js";
import { buildDataset } from "./samples.js";
import type { Context, Handlers } from "./serve.js";
import type { Session } from "./session.js";
import { breathe, breathless } from "./yielding.js";

/** Images that are prepared between two looks at the clock. */
const PREPARE_AT_ONCE = 16;

type DatasetHandlers = Pick<
  Handlers,
  | "createDataset"
  | "readIdx"
  | "readFiles"
  | "datasetCounts"
  | "datasetSamples"
  | "datasetLabels"
  | "datasetSubset"
  | "datasetSplit"
  | "datasetSplitIndices"
  | "datasetAugmented"
  | "datasetPrepare"
  | "datasetConcat"
  | "disposeDataset"
  | "rescueDatasets"
>;

/** The handlers of datasets. */
export function datasetHandlers(session: Session): DatasetHandlers {
  const get = (id: number) => session.datasets.get(id).dataset;
  return {
    createDataset: ({ id, parts }) => session.addDataset(id, buildDataset(parts)),

    async readIdx({ id, images, labels, classNames, preprocessing }, { signal, emit }) {
      const read = async (from: WireBytes, onProgress?: OnProgress) =>
        gunzipped(await bytesOf(session.platform, from, signal, onProgress), signal);
      const pixels = await read(images, (done, total) => emit({ done, total }));
      const classes = labels ? await read(labels) : undefined;
      return session.addDataset(id, readIdxDataset(pixels, classes, classNames, preprocessing));
    },

    async readFiles({ id, files, options }, context) {
      const { dataset, skipped } = await readFiles(session, files, options, context);
      return session.addDataset(id, dataset, skipped);
    },

    datasetCounts: ({ id }) => Array.from(get(id).counts()),

    datasetSamples({ id, indices }) {
      const dataset = get(id);
      return Array.from(indices, (index) => dataset.sample(index));
    },

    datasetLabels: ({ id }) => get(id).labels(),

    datasetSubset: ({ id, newId, indices, labels }) =>
      session.addDataset(newId, get(id).subset(indices, labels)),

    datasetSplit({ id, newIds, fraction, seed, stratified }) {
      const [rest, share] = get(id).split(fraction, seed, stratified);
      return [session.addDataset(newIds[0], rest), session.addDataset(newIds[1], share)];
    },

    datasetSplitIndices: ({ id, fraction, seed, stratified }) =>
      get(id).splitIndices(fraction, seed, stratified),

    datasetAugmented: ({ id, indices, augmentation, seed, epoch }) =>
      get(id).augmented(indices, augmentation, seed, epoch),

    async datasetPrepare({ id, newId, preprocessing }, context) {
      const dataset = get(id).share();
      try {
        return session.addDataset(newId, await prepared(dataset, preprocessing, context));
      } finally {
        dataset.free();
      }
    },

    datasetConcat: ({ id, other, newId }) => session.addDataset(newId, get(id).concat(get(other))),

    disposeDataset({ id }) {
      session.datasets.take(id)?.dataset.free();
    },

    rescueDatasets() {
      const found = [];
      for (const [id, { dataset }] of session.datasets.entries()) {
        // One that cannot be read any more is lost; the others need not be.
        try {
          found.push({ id, parts: dataset.parts() });
        } catch {}
      }
      return found;
    },
  };
}

async function prepared(
  dataset: WasmDataset,
  preprocessing: Preprocessing,
  { signal, emit }: Context,
): Promise<WasmDataset> {
  const preparation = new Preparation(dataset, preprocessing);
  try {
    for (let done = 0; done < dataset.length; ) {
      done = preparation.advance(dataset, PREPARE_AT_ONCE);
      if (!breathless()) continue;
      emit({ done, total: dataset.length });
      await breathe();
      throwIfAborted(signal);
    }
  } catch (error) {
    preparation.free();
    throw error;
  }
  return preparation.finish(dataset);
}

async function bytesOf(
  platform: WorkerPlatform,
  from: WireBytes,
  signal: AbortSignal,
  onProgress?: OnProgress,
): Promise<Uint8Array> {
  if ("bytes" in from) return from.bytes;
  if ("blob" in from) return new Uint8Array(await from.blob.arrayBuffer());
  return platform.read(from.url, signal, onProgress);
}
