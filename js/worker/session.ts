/** What lives in the worker: models, datasets and runs by their numbers. */
import { TabgradError } from "../errors.js";
import type { ModelSpec, Dataset as WasmDataset, Model as WasmModel } from "../generated/tabgrad.js";
import type { RecordsPlace } from "../protocol.js";
import type { DatasetReport } from "../types/dataset.js";
import type { Backup } from "./backup/backup.js";
import type { EarlyFile } from "./early-file.js";
import type { GivenParts } from "./given-parts.js";
import type { WorkerPlatform } from "./platform.js";
import type { Later } from "./rest.js";
import type { RunControl } from "./run-control.js";
import type { Port } from "./serve.js";

/** Milliseconds after single steps until a snapshot is taken. */
const SNAPSHOT_DELAY = 500;

/** A model of the worker. */
export interface ModelEntry {
  id: number;
  model: WasmModel;
  /** Read once: the engine writes it anew each time it is asked. */
  spec: ModelSpec;
  /** Grows when the model changes otherwise than by a step of a run: copies are no longer like it. */
  revision: number;
  /** Milliseconds that a prediction or an evaluation of a sample took here the last time. */
  pace?: number;
  /** The run that trains it, if there is one. */
  run: RunControl | undefined;
  /** Where a run of it is kept that has made all its steps and is not settled. */
  backup?: Backup | undefined;
  /** A snapshot that is to be taken soon. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Milliseconds of predictions or evaluations that are worth asking peers that are there. */
export const WORTH_SHARING = 10;

/** A dataset of the worker. */
export interface DatasetEntry {
  dataset: WasmDataset;
  /** Where its samples are, if not in memory. */
  place?: RecordsPlace | undefined;
  report?: DatasetReport;
  /** The samples that were given for each part. */
  parts?: GivenParts | undefined;
}

/** Everything that lives in the worker. */
export class Session {
  readonly platform: WorkerPlatform;
  readonly models = new Table<ModelEntry>("model", "load it again");
  readonly datasets = new Table<DatasetEntry>("dataset", "make it again");
  readonly runs = new Map<number, RunControl>();
  /** Loads the rest of the worker, if it is not there yet. */
  readonly later: () => Promise<Later>;
  /** A file that is on its way already. */
  early: EarlyFile | undefined;
  #port: Port;

  constructor(platform: WorkerPlatform, port: Port, later: () => Promise<Later>, early?: EarlyFile) {
    this.later = later;
    this.early = early;
    this.platform = platform;
    this.#port = port;
  }

  /** Sends out a consistent state of a model, so that it survives a failure of this engine. */
  snapshot(entry: ModelEntry): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    if (this.models.find(entry.id) !== entry) return;
    this.keep(entry.id, entry.model.save(true) as Uint8Array<ArrayBuffer>);
  }

  /** Sends out a model's file as the state to come back to; its bytes move. */
  keep(model: number, file: Uint8Array<ArrayBuffer>): void {
    this.#port.post({ type: "snapshot", model, file }, [file.buffer]);
  }

  /** Does so soon; for changes that come in quick succession. */
  snapshotSoon(entry: ModelEntry): void {
    entry.timer ??= setTimeout(() => this.snapshot(entry), SNAPSHOT_DELAY);
  }
}

/** Things by number. */
export class Table<T> {
  #entries = new Map<number, T>();
  #kind: string;
  #remedy: string;

  constructor(kind: string, remedy: string) {
    this.#kind = kind;
    this.#remedy = remedy;
  }

  add(id: number, entry: T): void {
    this.#entries.set(id, entry);
  }

  find(id: number): T | undefined {
    return this.#entries.get(id);
  }

  get(id: number): T {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      throw new TabgradError(
        "notFound",
        `The ${this.#kind} was lost when the engine failed; ${this.#remedy}.`,
      );
    }
    return entry;
  }

  take(id: number): T | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry;
  }

  entries(): IterableIterator<[number, T]> {
    return this.#entries.entries();
  }
}
