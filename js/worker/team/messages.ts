/** What the worker that leads and its peers say to each other. */
import type { Measured } from "../../generated/tabgrad.js";
import type { DatasetParts } from "../../protocol.js";
import type { Tensor } from "../../types/tensors.js";
import type { EngineModules } from "../wasm.js";

/** What travels between two workers, again and again: samples to a peer, results both ways. */
export type Lane = "rows" | "frame";

/** A buffer on its way. */
export interface Parcel {
  type: "parcel";
  /** The job that it belongs to. */
  job: number;
  lane: Lane;
  buffer: ArrayBuffer;
  /** How many samples are in it. */
  count: number;
  /** Buffers that the sender has no more use for, to be filled again. */
  back: ArrayBuffer[];
}

/** A step's memory that two workers share; each lane has two slots, filled in turn. */
export interface SharedSlots {
  control: SharedArrayBuffer;
  rows: [SharedArrayBuffer, SharedArrayBuffer];
  /** To the peer. */
  down: [SharedArrayBuffer, SharedArrayBuffer];
  /** From the peer. */
  up: [SharedArrayBuffer, SharedArrayBuffer];
}

/** The sizes of what travels. */
export interface Sizes {
  rows: number;
  frame: number;
}

/** A run that a peer takes part in. */
export interface TrainJob {
  job: number;
  /** The peer's number among the workers; the one that leads is 0. */
  worker: number;
  workers: number;
  /** The model with all that the run needs to go on. */
  file: Uint8Array;
  /** Whether samples come as the features of the model's frozen front. */
  features: boolean;
  /** A sample, for the shapes and the preprocessing. */
  like: DatasetParts;
  /** The most samples of a share. */
  samples: number;
  sizes: Sizes;
  /** Missing where they talk by messages. */
  shared: SharedSlots | undefined;
  /** Whether there is a core for each worker, so that a moment of waiting may be spent computing nothing. */
  spin: boolean;
}

/** Batches of predictions or of an evaluation, which follow one by one. */
export interface InferJob {
  job: number;
  /** The model; missing if the peer has it from the job before. */
  file: Uint8Array | undefined;
  like: DatasetParts;
  /** The most samples of a piece. */
  samples: number;
  evaluation: { details: boolean } | undefined;
  /** Whether the features of the model's frozen front are wanted. */
  features: boolean;
}

/** What a piece comes to. */
export interface Answer {
  type: "answer";
  job: number;
  /** Its first sample. */
  from: number;
  /** Missing if it could not be computed. */
  result: Tensor[] | Measured | undefined;
  /** That of the samples, to be filled again. */
  buffer: ArrayBuffer;
}

/** From the worker that leads to a peer. */
export type ToPeer =
  /** The first message, to a worker that is to be a peer: the compiled engine, and where the rest of the worker is. */
  | { type: "peer"; modules: EngineModules; rest: string }
  | ({ type: "train" } & TrainJob)
  | Parcel
  | ({ type: "infer" } & InferJob)
  | { type: "piece"; job: number; from: number; samples: number; buffer: ArrayBuffer }
  /** The job is over or given up. */
  | { type: "end"; job: number };

/** From a peer to the worker that leads. */
export type FromPeer = { type: "ready" } | Parcel | Answer | { type: "failed"; reason: string };
