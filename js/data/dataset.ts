/** The page's side of a dataset: what is known of it, and the number by which the worker knows it. */
import { call, newId, tell } from "../engine.js";
import { TabgradError } from "../errors.js";
import { later } from "../later.js";
import type { DatasetInfo } from "../protocol.js";
import type { DataReport, Dataset, ExamineOptions, ExportOptions } from "../types/dataset.js";
import type { Preprocessing } from "../types/specs.js";
import type { Numbered } from "./batches.js";

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

/** What a dataset does by functions that are loaded later (dataset-rest.ts). */
const LATER = [
  "counts",
  "sample",
  "samples",
  "labels",
  "boxes",
  "targets",
  "sampleWeight",
  "subset",
  "part",
  "partIndices",
  "split",
  "splitIndices",
  "folds",
  "augmented",
  "prepare",
  "concat",
] as const;

/** A dataset in the worker. */
export class DatasetHandle implements Dataset {
  #id: number;
  #info: DatasetInfo;
  #ready: Promise<DatasetInfo>;
  #disposed = false;
  /** What is being done with the samples. */
  #sharing: Promise<unknown> = Promise.resolve();

  declare counts: Dataset["counts"];
  declare sample: Dataset["sample"];
  declare samples: Dataset["samples"];
  declare labels: Dataset["labels"];
  declare boxes: Dataset["boxes"];
  declare targets: Dataset["targets"];
  declare sampleWeight: Dataset["sampleWeight"];
  declare subset: Dataset["subset"];
  declare part: Dataset["part"];
  declare partIndices: Dataset["partIndices"];
  declare split: Dataset["split"];
  declare splitIndices: Dataset["splitIndices"];
  declare folds: Dataset["folds"];
  declare augmented: Dataset["augmented"];
  declare prepare: Dataset["prepare"];
  declare concat: Dataset["concat"];

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

  async examine({ test, ...options }: ExamineOptions = {}): Promise<DataReport> {
    const datasets = test ? [this, test as DatasetHandle] : [this];
    const held = await Promise.all(datasets.map((dataset) => dataset.#share()));
    try {
      const { examined } = await later();
      return await examined(await Promise.all(held.map(numbered)), held, options);
    } finally {
      for (const dataset of held) dataset.dispose();
    }
  }

  async export(options: ExportOptions = {}): Promise<Blob> {
    const held = await this.#share();
    try {
      const { exported } = await later();
      return await exported(await numbered(held), held, options);
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
    return this.#hold(this.reference().then((id) => make((newId) => call("datasetShare", { id, newId }))));
  }

  /** Has the worker keep the samples until this is done. */
  #hold<T>(work: Promise<T>): Promise<T> {
    this.#sharing = Promise.allSettled([this.#sharing, work]);
    return work;
  }

  static {
    for (const name of LATER) {
      DatasetHandle.prototype[name] = function (this: DatasetHandle, ...options: never[]): never {
        const work = async () => {
          const [id, { ofDataset }] = await Promise.all([this.reference(), later()]);
          return (ofDataset[name] as (held: object, ...options: never[]) => unknown)(
            { id, dataset: this },
            ...options,
          );
        };
        return this.#hold(work()) as never;
      };
    }
  }
}

async function numbered(dataset: Dataset): Promise<Numbered> {
  return { id: await referTo(dataset), length: dataset.length };
}

/** A dataset that the worker makes under a new number. */
export async function make(create: (id: number) => Promise<DatasetInfo>): Promise<Dataset> {
  const id = newId();
  return made(id, await create(id));
}

/** A dataset that the worker has made. */
export function made(id: number, info: DatasetInfo): Dataset {
  return new DatasetHandle(id, Promise.resolve(info), info);
}
