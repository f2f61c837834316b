/** The page's side of a dataset: what is known of it, and the number by which the worker knows it. */
import { call, newId, tell } from "../engine.js";
import { TabgradError } from "../errors.js";
import type { DatasetInfo } from "../protocol.js";
import type {
  AugmentedOptions,
  Box,
  DataReport,
  Dataset,
  DatasetPart,
  ExamineOptions,
  FoldOptions,
  ReadOptions,
  Sample,
  SplitOptions,
  SubsetOptions,
} from "../types/dataset.js";
import type { Augmentation, Preprocessing } from "../types/specs.js";
import type { Tensor } from "../types/tensors.js";
import type { Numbered } from "./batches.js";
import { examined } from "./examining.js";
import { exported } from "./exporting.js";
import { reading } from "./reading.js";

/** Datasets that the program dropped without disposing of them. */
const dropped = new FinalizationRegistry<number>((id) => tell("disposeDataset", { id }));

/** True for a dataset of this package. */
export function isDatasetHandle(value: unknown): value is Dataset {
  return value instanceof DatasetHandle;
}

/** The number by which the worker knows a dataset; rejects if it could not be made. */
export async function referTo(dataset: Dataset): Promise<number> {
  return (dataset as DatasetHandle).reference();
}

/** A dataset in the worker. */
export class DatasetHandle implements Dataset {
  #id: number;
  #info: DatasetInfo;
  #ready: Promise<DatasetInfo>;
  #disposed = false;
  /** Other holds on the samples that are being taken. */
  #sharing: Promise<unknown> = Promise.resolve();

  /** `ready` resolves when the worker has the dataset; `expected` is what is known before. */
  constructor(id: number, ready: Promise<DatasetInfo>, expected: DatasetInfo) {
    this.#id = id;
    this.#info = expected;
    this.#ready = ready.then((info) => {
      this.#info = info;
      return info;
    });
    // Said by the first call that uses it.
    this.#ready.catch(() => {});
    dropped.register(this, id, this);
  }

  get length(): number {
    return this.#info.length;
  }
  get shape(): readonly number[] {
    return this.#info.shape;
  }
  get classNames(): readonly string[] {
    return this.#info.classNames;
  }
  get boxClassNames(): readonly string[] | undefined {
    return this.#info.boxClassNames;
  }
  get bytes(): number {
    return this.#info.bytes;
  }
  get storage() {
    return this.#info.storage;
  }
  get report() {
    return this.#info.report;
  }
  get parts() {
    return this.#info.parts;
  }
  get preprocessing(): Preprocessing {
    return this.#info.preprocessing;
  }

  async reference(): Promise<number> {
    if (this.#disposed) throw new TabgradError("disposed", "The dataset is used after dispose().");
    await this.#ready;
    return this.#id;
  }

  async counts(): Promise<number[]> {
    return call("datasetCounts", { id: await this.reference() });
  }

  async sample(index: number): Promise<Sample> {
    const [sample] = await this.samples([index]);
    return sample as Sample;
  }

  async samples(indices: ArrayLike<number>): Promise<Sample[]> {
    const id = await this.reference();
    return call("datasetSamples", { id, indices: this.#checked(indices) });
  }

  async labels(): Promise<Uint32Array> {
    return call("datasetLabels", { id: await this.reference() });
  }

  async boxes(indices?: ArrayLike<number>): Promise<Box[][]> {
    const id = await this.reference();
    return call("datasetBoxes", {
      id,
      indices: this.#checked(indices ?? Array.from({ length: this.length }, (_, i) => i)),
    });
  }

  async targets(): Promise<Tensor | undefined> {
    return call("datasetTargets", { id: await this.reference() });
  }

  async subset(indices: ArrayLike<number>, { labels }: SubsetOptions = {}): Promise<Dataset> {
    const id = await this.reference();
    const params = { id, indices: this.#checked(indices), ...(labels ? { labels: toClasses(labels) } : {}) };
    return make((newId) => call("datasetSubset", { ...params, newId }));
  }

  async part(part: DatasetPart): Promise<Dataset> {
    const id = await this.reference();
    return make((newId) => call("datasetPart", { id, newId, part }));
  }

  async partIndices(part: DatasetPart): Promise<Uint32Array> {
    return call("datasetPartIndices", { id: await this.reference(), part });
  }

  async split(options: SplitOptions): Promise<[Dataset, Dataset]> {
    const newIds: [number, number] = [newId(), newId()];
    const [rest, share] = await call("datasetSplit", { newIds, ...(await this.#cut(options)) });
    return [made(newIds[0], rest), made(newIds[1], share)];
  }

  async splitIndices(options: SplitOptions): Promise<[Uint32Array, Uint32Array]> {
    return call("datasetSplitIndices", await this.#cut(options));
  }

  async folds(options: FoldOptions): Promise<Uint32Array[]> {
    return call("datasetFolds", { id: await this.reference(), options });
  }

  async augmented(
    indices: ArrayLike<number>,
    augmentation: Augmentation,
    { seed = 0, epoch = 0 }: AugmentedOptions = {},
  ): Promise<Sample[]> {
    const id = await this.reference();
    return call("datasetAugmented", { id, indices: this.#checked(indices), augmentation, seed, epoch });
  }

  async prepare(preprocessing: Preprocessing, options: ReadOptions = {}): Promise<Dataset> {
    const id = await this.reference();
    return make((newId) => call("datasetPrepare", { id, newId, preprocessing }, reading(options)));
  }

  async concat(other: Dataset): Promise<Dataset> {
    const id = await this.reference();
    const second = await referTo(other);
    return make((newId) => call("datasetConcat", { id, other: second, newId }));
  }

  async examine({ test, ...options }: ExamineOptions = {}): Promise<DataReport> {
    const datasets = test ? [this, test as DatasetHandle] : [this];
    const held = await Promise.all(datasets.map((dataset) => dataset.#share()));
    try {
      return await examined(await Promise.all(held.map(numbered)), this.classNames, options);
    } finally {
      for (const dataset of held) dataset.dispose();
    }
  }

  async export(options: ReadOptions = {}): Promise<Blob> {
    const { classNames, boxClassNames } = this;
    const about = { classNames, boxClassNames, parts: boxClassNames ? await this.#partOfEach() : [] };
    const held = await this.#share();
    try {
      return await exported(await numbered(held), about, options);
    } finally {
      held.dispose();
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    dropped.unregister(this);
    Promise.all([this.#ready, this.#sharing]).then(
      () => tell("disposeDataset", { id: this.#id }),
      () => {},
    );
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Another hold on the same samples, for work that goes on when this one is disposed of. */
  #share(): Promise<Dataset> {
    const shared = this.reference().then((id) => make((newId) => call("datasetShare", { id, newId })));
    this.#sharing = Promise.allSettled([this.#sharing, shared]);
    return shared;
  }

  /** What each sample was given for, where that is known. */
  async #partOfEach(): Promise<(DatasetPart | undefined)[]> {
    const all = new Array<DatasetPart | undefined>(this.length).fill(undefined);
    for (const part of ["train", "validation", "test"] as const) {
      if (this.parts?.[part]) for (const sample of await this.partIndices(part)) all[sample] = part;
    }
    return all;
  }

  async #cut({ fraction, seed = 0, groups, stratified }: SplitOptions) {
    if (groups && stratified) {
      throw new TabgradError("argument", "split: stratified is true, expected false where there are groups.");
    }
    const even = !groups && (stratified ?? this.classNames.length > 0);
    const of = groups && { groups: Uint32Array.from(groups) };
    return { id: await this.reference(), fraction, seed, stratified: even, ...of };
  }

  #checked(indices: ArrayLike<number>): Uint32Array {
    return Uint32Array.from(indices, (index) => {
      if (Number.isInteger(index) && index >= 0 && index < this.length) return index;
      throw new TabgradError(
        "argument",
        `The dataset has no sample ${index}; it has ${this.length}, counted from 0.`,
      );
    });
  }
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

async function numbered(dataset: Dataset): Promise<Numbered> {
  return { id: await referTo(dataset), length: dataset.length };
}

/** A dataset that the worker makes under a new number. */
export async function make(create: (id: number) => Promise<DatasetInfo>): Promise<Dataset> {
  const id = newId();
  return made(id, await create(id));
}

function made(id: number, info: DatasetInfo): Dataset {
  return new DatasetHandle(id, Promise.resolve(info), info);
}
