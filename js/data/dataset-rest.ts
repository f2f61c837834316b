/** What datasets do besides being trained on: each takes the dataset, then what `Dataset` says. */
import { call, made, make, newId, reading, referTo, TabgradError } from "../core.js";
import type { WireBoxes } from "../protocol.js";
import type {
  AugmentedOptions,
  Box,
  Dataset,
  DatasetPart,
  FoldOptions,
  ReadOptions,
  Sample,
  SampleOptions,
  SplitOptions,
  SubsetOptions,
} from "../types/dataset.js";
import type { Augmentation, Preprocessing } from "../types/specs.js";
import type { Tensor } from "../types/tensors.js";

/** A dataset with the number by which the worker knows it. */
interface Held {
  id: number;
  dataset: Dataset;
}

async function counts({ id }: Held): Promise<number[]> {
  return call("datasetCounts", { id });
}

async function sample(held: Held, index: number, options?: SampleOptions): Promise<Sample> {
  const [sample] = await samples(held, [index], options);
  return sample as Sample;
}

async function samples(
  { id, dataset }: Held,
  indices: ArrayLike<number>,
  { textLength }: SampleOptions = {},
): Promise<Sample[]> {
  const most = textLength === undefined ? {} : { textLength: checkedLength(textLength) };
  return call("datasetSamples", { id, indices: checked(dataset, indices), ...most });
}

async function labels({ id }: Held): Promise<Uint32Array> {
  return call("datasetLabels", { id });
}

async function boxes({ id, dataset }: Held, indices?: ArrayLike<number>): Promise<Box[][]> {
  const all = Array.from({ length: dataset.length }, (_, i) => i);
  return call("datasetBoxes", { id, indices: checked(dataset, indices ?? all) });
}

async function targets({ id }: Held): Promise<Tensor | undefined> {
  return call("datasetTargets", { id });
}

async function sampleWeight({ id }: Held): Promise<Float32Array | undefined> {
  return call("datasetSampleWeight", { id });
}

async function subset(
  { id, dataset }: Held,
  indices: ArrayLike<number>,
  { labels, boxes, boxClassNames = dataset.boxClassNames ?? [], sampleWeight }: SubsetOptions = {},
): Promise<Dataset> {
  const params = {
    id,
    indices: checked(dataset, indices),
    ...(labels ? { labels: toClasses(labels) } : {}),
    ...(boxes ? { boxes: toBoxes(boxes, boxClassNames) } : {}),
    ...(sampleWeight ? { sampleWeight: Float32Array.from(sampleWeight) } : {}),
  };
  return make((newId) => call("datasetSubset", { ...params, newId }));
}

async function part({ id }: Held, part: DatasetPart): Promise<Dataset> {
  return make((newId) => call("datasetPart", { id, newId, part }));
}

async function partIndices({ id }: Held, part: DatasetPart): Promise<Uint32Array> {
  return call("datasetPartIndices", { id, part });
}

async function split(held: Held, options: SplitOptions): Promise<[Dataset, Dataset]> {
  const newIds: [number, number] = [newId(), newId()];
  const [rest, share] = await call("datasetSplit", { newIds, ...cut(held, options) });
  return [made(newIds[0], rest), made(newIds[1], share)];
}

async function splitIndices(held: Held, options: SplitOptions): Promise<[Uint32Array, Uint32Array]> {
  return call("datasetSplitIndices", cut(held, options));
}

async function folds({ id }: Held, options: FoldOptions): Promise<Uint32Array[]> {
  return call("datasetFolds", { id, options });
}

async function augmented(
  { id, dataset }: Held,
  indices: ArrayLike<number>,
  augmentation: Augmentation,
  { seed = 0, epoch = 0 }: AugmentedOptions = {},
): Promise<Sample[]> {
  return call("datasetAugmented", { id, indices: checked(dataset, indices), augmentation, seed, epoch });
}

async function prepare(
  { id }: Held,
  preprocessing: Preprocessing,
  options: ReadOptions = {},
): Promise<Dataset> {
  return make((newId) => call("datasetPrepare", { id, newId, preprocessing }, reading(options)));
}

async function concat({ id }: Held, other: Dataset): Promise<Dataset> {
  const second = await referTo(other);
  return make((newId) => call("datasetConcat", { id, other: second, newId }));
}

function cut({ id, dataset }: Held, { fraction, seed = 0, groups, stratified }: SplitOptions) {
  if (groups && stratified) {
    throw new TabgradError("argument", "split: stratified is true, expected false where there are groups.");
  }
  const even = !groups && (stratified ?? dataset.classNames.length > 0);
  const byGroup = groups && { groups: Uint32Array.from(groups) };
  return { id, fraction, seed, stratified: even, ...byGroup };
}

function checked(dataset: Dataset, indices: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(indices, (index) => {
    if (Number.isInteger(index) && index >= 0 && index < dataset.length) return index;
    throw new TabgradError(
      "argument",
      `The dataset has no sample ${index}; it has ${dataset.length}, counted from 0.`,
    );
  });
}

/** Class numbers as they travel. */
function toClasses(labels: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(labels, (label, sample) => {
    if (Number.isInteger(label) && label >= 0 && label <= 0xffff_ffff) return label;
    throw new TabgradError(
      "argument",
      `labels: the label of sample ${sample} is ${label}, expected the number of a class.`,
    );
  });
}

/** A number of characters. */
function checkedLength(length: number): number {
  if (Number.isInteger(length) && length >= 0) return Math.min(length, 0xffff_ffff);
  throw new TabgradError("argument", `textLength is ${length}, expected a whole number from 0.`);
}

/** Boxes as they travel, of these classes and those that are new. */
function toBoxes(boxes: NonNullable<SubsetOptions["boxes"]>, known: readonly string[]): WireBoxes {
  const all = boxes.flat();
  const classNames = [...new Set([...known, ...all.map(({ name }) => name)])];
  const numbers = new Map(classNames.map((name, number) => [name, number]));
  return {
    classNames,
    counts: Uint32Array.from(boxes, ({ length }) => length),
    corners: Float32Array.from(all.flatMap(({ x, y, width, height }) => [x, y, x + width, y + height])),
    classes: Uint32Array.from(all, ({ name }) => numbers.get(name) ?? 0),
  };
}

/** All of it. */
export const ofDataset = {
  counts,
  sample,
  samples,
  labels,
  boxes,
  targets,
  sampleWeight,
  subset,
  part,
  partIndices,
  split,
  splitIndices,
  folds,
  augmented,
  prepare,
  concat,
};
