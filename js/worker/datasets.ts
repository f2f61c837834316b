/** Answers what is asked of datasets. */
import { TabgradError, throwIfAborted } from "../errors.js";
import { Preparation, readIdxDataset, type Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { WireBytes } from "../protocol.js";
import type { DatasetPart } from "../types/dataset.js";
import type { Preprocessing } from "../types/specs.js";
import { gunzipped } from "./gzip.js";
import type { OnProgress, WorkerPlatform } from "./platform.js";
import { openStored, rescued } from "./records.js";
import { buildDataset } from "./samples.js";
import type { Context, Handlers } from "./serve.js";
import type { DatasetEntry, Session } from "./session.js";
import { breathe, breathless } from "./yielding.js";

/** Images that are prepared between two looks at the clock. */
const PREPARE_AT_ONCE = 16;

type DatasetHandlers = Pick<
  Handlers,
  | "createDataset"
  | "readIdx"
  | "openRecords"
  | "datasetShare"
  | "datasetPart"
  | "datasetPartIndices"
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
  const entry = (id: number) => session.datasets.get(id);
  const get = (id: number) => entry(id).dataset;
  return {
    createDataset: ({ id, parts }) => session.addDataset(id, buildDataset(parts)),

    async readIdx({ id, images, labels, classNames, preprocessing }, { signal, emit }) {
      const read = (from: WireBytes, onProgress?: OnProgress) =>
        gunzipped(partsOf(session.platform, from, signal, onProgress), signal);
      const pixels = await read(images, (done, total) => emit({ done, total, unit: "bytes" }));
      const classes = labels ? await read(labels) : undefined;
      return session.addDataset(id, readIdxDataset(pixels, classes, classNames, preprocessing));
    },

    async openRecords({ id, ...stored }) {
      const { dataset, ...about } = await openStored(session.platform, stored);
      return session.addDataset(id, dataset, about);
    },

    datasetShare: ({ id, newId }) => session.addPart(newId, get(id).share(), entry(id)),

    datasetPart({ id, newId, part }) {
      const whole = entry(id);
      return session.addPart(newId, whole.dataset.subset(samplesOf(whole, part)), whole);
    },

    // A copy: results move.
    datasetPartIndices: ({ id, part }) => samplesOf(entry(id), part).slice(),

    datasetCounts: ({ id }) => Array.from(get(id).counts()),

    datasetSamples({ id, indices }) {
      const dataset = get(id);
      return Array.from(indices, (index) => dataset.sample(index));
    },

    datasetLabels: ({ id }) => get(id).labels(),

    datasetSubset: ({ id, newId, indices, labels }) =>
      session.addPart(newId, get(id).subset(indices, labels), entry(id)),

    datasetSplit({ id, newIds, fraction, seed, stratified }) {
      const whole = entry(id);
      const [rest, share] = whole.dataset.split(fraction, seed, stratified);
      return [session.addPart(newIds[0], rest, whole), session.addPart(newIds[1], share, whole)];
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

    datasetConcat({ id, other, newId }) {
      const [one, more] = [entry(id), entry(other)];
      return session.addPart(newId, one.dataset.concat(more.dataset), one.place ? one : more);
    },

    disposeDataset({ id }) {
      session.datasets.take(id)?.dataset.free();
    },

    rescueDatasets() {
      const found = [];
      for (const [id, entry] of session.datasets.entries()) {
        // One that cannot be read any more is lost; the others need not be.
        try {
          found.push({ id, ...rescued(entry) });
        } catch {}
      }
      return found;
    },
  };
}

/** The samples that were given for a part. */
function samplesOf({ parts }: DatasetEntry, part: DatasetPart): Uint32Array {
  const indices = parts?.[part];
  if (indices?.length) return indices;
  throw new TabgradError("notFound", `The files of this dataset say nothing of a part "${part}".`);
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
      emit({ done, total: dataset.length, unit: "samples" });
      await breathe();
      throwIfAborted(signal);
    }
  } catch (error) {
    preparation.free();
    throw error;
  }
  return preparation.finish(dataset);
}

async function* partsOf(
  platform: WorkerPlatform,
  from: WireBytes,
  signal: AbortSignal,
  onProgress?: OnProgress,
): AsyncGenerator<Uint8Array> {
  if ("bytes" in from) yield from.bytes;
  else if ("blob" in from) yield new Uint8Array(await from.blob.arrayBuffer());
  else yield* platform.readParts(from.url, signal, onProgress);
}
