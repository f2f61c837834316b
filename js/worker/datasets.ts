/** Answers what is asked of datasets. */
import { TabgradError, throwIfAborted } from "../errors.js";
import {
  Preparation,
  readIdxDataset,
  textDataset,
  type Dataset as WasmDataset,
} from "../generated/tabgrad.js";
import type { DatasetInfo, WireBytes } from "../protocol.js";
import type { DatasetPart } from "../types/dataset.js";
import type { Preprocessing } from "../types/specs.js";
import { chosenParts, type GivenParts, joinedParts } from "./given-parts.js";
import { gunzipped } from "./gzip.js";
import type { OnProgress, RestPlatform } from "./platform.js";
import { type Chosen, chosenOf, openStored, rescued } from "./records.js";
import { buildDataset } from "./samples.js";
import type { Context, Handlers } from "./serve.js";
import type { DatasetEntry, Session } from "./session.js";
import { breathe, breathless } from "./yielding.js";

/** Characters of a text that is wanted whole. */
const ALL_OF_IT = 0xffff_ffff;

/** Images that are prepared between two looks at the clock. */
const PREPARE_AT_ONCE = 16;

type DatasetHandlers = Pick<
  Handlers,
  | "createDataset"
  | "readIdx"
  | "readText"
  | "openRecords"
  | "datasetShare"
  | "datasetPart"
  | "datasetPartIndices"
  | "datasetCounts"
  | "datasetSamples"
  | "datasetLabels"
  | "datasetBoxes"
  | "datasetTargets"
  | "datasetSampleWeight"
  | "datasetSubset"
  | "datasetSplit"
  | "datasetSplitIndices"
  | "datasetFolds"
  | "datasetAugmented"
  | "datasetPrepare"
  | "datasetConcat"
  | "rescueDatasets"
>;

/** The handlers of datasets. */
export function datasetHandlers(session: Session, platform: RestPlatform): DatasetHandlers {
  const entry = (id: number) => session.datasets.get(id);
  const get = (id: number) => entry(id).dataset;
  return {
    createDataset: ({ id, parts }) => addDataset(session, id, buildDataset(parts)),

    readText: ({ id, text, spec, length, stride }) =>
      addDataset(session, id, textDataset(text, spec, length, stride)),

    async readIdx({ id, images, labels, classNames, preprocessing }, { signal, emit }) {
      const read = (from: WireBytes, onProgress?: OnProgress) =>
        gunzipped(partsOf(platform, from, signal, onProgress), signal);
      const pixels = await read(images, (done, total) => emit({ done, total, unit: "bytes" }));
      const classes = labels ? await read(labels) : undefined;
      return addDataset(session, id, readIdxDataset(pixels, classes, classNames, preprocessing));
    },

    async openRecords({ id, ...stored }) {
      const { dataset, ...about } = await openStored(platform, stored);
      return addDataset(session, id, dataset, about);
    },

    datasetShare({ id, newId }) {
      const { dataset, ...about } = entry(id);
      return addDataset(session, newId, dataset.share(), about);
    },

    datasetPart({ id, newId, part }) {
      return chosen(session, newId, entry(id), samplesOf(entry(id), part));
    },

    // A copy: results move.
    datasetPartIndices: ({ id, part }) => samplesOf(entry(id), part).slice(),

    datasetCounts: ({ id }) => Array.from(get(id).counts()),

    datasetSamples({ id, indices, textLength = ALL_OF_IT }) {
      const dataset = get(id);
      return Array.from(indices, (index) => dataset.sample(index, textLength));
    },

    datasetLabels: ({ id }) => get(id).labels(),

    datasetBoxes: ({ id, indices }) => get(id).boxes(indices),
    datasetTargets: ({ id }) => get(id).targets(),
    datasetSampleWeight: ({ id }) => get(id).sampleWeight(),

    datasetSubset: ({ id, newId, indices, ...own }) => chosen(session, newId, entry(id), indices, own),

    datasetSplit({ id, newIds, fraction, seed, stratified, groups }) {
      const whole = entry(id);
      const [rest, share] = whole.dataset.splitIndices(fraction, seed, stratified, groups);
      return [chosen(session, newIds[0], whole, rest), chosen(session, newIds[1], whole, share)];
    },

    datasetSplitIndices: ({ id, fraction, seed, stratified, groups }) =>
      get(id).splitIndices(fraction, seed, stratified, groups),

    datasetFolds({ id, options: { folds, seed = 0, groups, stratified } }) {
      const dataset = get(id);
      const even = stratified ?? (groups === undefined && dataset.classNames().length > 0);
      return dataset.folds(folds, seed, even, groups && Uint32Array.from(groups));
    },

    datasetAugmented: ({ id, indices, augmentation, seed, epoch }) =>
      get(id).augmented(indices, augmentation, seed, epoch),

    async datasetPrepare({ id, newId, preprocessing }, context) {
      const dataset = get(id).share();
      try {
        const { parts } = entry(id);
        return addDataset(session, newId, await prepared(dataset, preprocessing, context), { parts });
      } finally {
        dataset.free();
      }
    },

    datasetConcat({ id, other, newId }) {
      const [one, more] = [entry(id), entry(other)];
      const parts = joinedParts(one.parts, one.dataset.length, more.parts);
      return addPart(session, newId, one.dataset.concat(more.dataset), one.place ? one : more, parts);
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

/** Adds a dataset under this number. */
function addDataset(
  session: Session,
  id: number,
  dataset: WasmDataset,
  about: Omit<DatasetEntry, "dataset"> = {},
): DatasetInfo {
  const entry = { dataset, ...about };
  session.datasets.add(id, entry);
  return datasetInfo(entry);
}

/** Adds one whose samples are those of another, or some of them. */
function addPart(
  session: Session,
  id: number,
  dataset: WasmDataset,
  of: DatasetEntry,
  parts: GivenParts | undefined,
): DatasetInfo {
  return addDataset(session, id, dataset, { place: of.place, parts });
}

/** Adds one of these samples of another, of these classes and with these boxes if some are given. */
function chosen(
  session: Session,
  id: number,
  of: DatasetEntry,
  indices: Uint32Array,
  own: Chosen = {},
): DatasetInfo {
  const parts = chosenParts(of.parts, of.dataset.length, indices);
  return addPart(session, id, chosenOf(of.dataset, indices, own), of, parts);
}

/** What the page's side knows of a dataset. */
function datasetInfo({ dataset, place, report, parts }: DatasetEntry): DatasetInfo {
  const boxClassNames = dataset.boxClassNames();
  return {
    length: dataset.length,
    shape: Array.from(dataset.shape()),
    classNames: dataset.classNames(),
    ...(boxClassNames ? { boxClassNames } : {}),
    bytes: dataset.bytes,
    preprocessing: dataset.preprocessing(),
    storage: place ? (place.kind === "blob" ? "memory" : place.kind) : "memory",
    report: report ?? { unreadable: [] },
    ...(parts
      ? {
          parts: {
            train: parts.train.length,
            validation: parts.validation.length,
            test: parts.test.length,
          },
        }
      : {}),
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
  platform: RestPlatform,
  from: WireBytes,
  signal: AbortSignal,
  onProgress?: OnProgress,
): AsyncGenerator<Uint8Array> {
  if ("bytes" in from) yield from.bytes;
  else if ("blob" in from) yield new Uint8Array(await from.blob.arrayBuffer());
  else yield* platform.readParts(from.url, signal, onProgress);
}
