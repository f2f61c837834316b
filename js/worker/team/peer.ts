/** A worker that computes for another one: it holds a copy of the model and a share of each step. */
import { messageOf } from "../../errors.js";
import { Evaluation, FrontFeatures, Rows, Model as WasmModel } from "../../generated/tabgrad.js";
import { buildDataset } from "../samples.js";
import { useEngine } from "../wasm.js";
import { breathe, breathless } from "../yielding.js";
import { type Link, MessageLink, SharedLink } from "./link.js";
import type { Answer, FromPeer, InferJob, ToPeer, TrainJob } from "./messages.js";

/** Milliseconds of a run after which a peer breathes: while it does, the others wait for it. */
const LONG = 1000;

/** A peer, driven by the messages of the worker that leads. */
export class Peer {
  #post: (message: FromPeer, transfer?: ArrayBuffer[]) => void;
  #job: { number: number; link: Link } | undefined;
  /** The jobs so far: one begins when the one before has ended. */
  #work: Promise<void> = Promise.resolve();
  /** The model of the last predictions. */
  #copy: WasmModel | undefined;
  #inference: Inference | undefined;

  constructor(post: (message: FromPeer, transfer?: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** Does what it is told; what it cannot do, it says. */
  async receive(message: ToPeer): Promise<void> {
    try {
      await this.#obey(message);
    } catch (error) {
      this.#post({ type: "failed", reason: messageOf(error) });
    }
  }

  async #obey(message: ToPeer): Promise<void> {
    switch (message.type) {
      case "peer":
        await useEngine(message.modules);
        this.#post({ type: "ready" });
        break;
      case "train":
        this.#begin(message);
        break;
      case "parcel":
        this.#job?.link.receive(message);
        break;
      case "infer":
        this.#infer(message);
        break;
      case "piece": {
        const { job, from, samples, buffer } = message;
        const result = this.#inference?.job === job ? this.#inference.compute(samples, buffer) : undefined;
        this.#post({ type: "answer", job, from, result, buffer }, [buffer, ...buffersOf(result)]);
        break;
      }
      case "end":
        if (this.#inference?.job === message.job) this.#endInference();
        if (this.#job?.number === message.job) this.#job.link.close();
        break;
    }
  }

  #infer(job: InferJob): void {
    this.#endInference();
    if (job.file) {
      this.#copy?.free();
      this.#copy = WasmModel.load(job.file);
    }
    if (this.#copy) this.#inference = new Inference(this.#copy, job);
  }

  #endInference(): void {
    this.#inference?.free();
    this.#inference = undefined;
  }

  #begin(job: TrainJob): void {
    this.#job?.link.close();
    const link = job.shared
      ? new SharedLink(job.shared, false, job.spin)
      : new MessageLink(job.job, job.sizes, (parcel, transfer) => this.#post(parcel, transfer));
    this.#job = { number: job.job, link };
    this.#work = this.#work
      .then(() => train(job, link))
      .catch((error) => {
        // Diverged: the one that leads finds the same at the same step and tells the program.
        if ((error as { code?: string }).code !== "diverged")
          this.#post({ type: "failed", reason: messageOf(error) });
      });
  }
}

/** Predictions or an evaluation, piece by piece. */
class Inference {
  readonly job: number;
  #model: WasmModel;
  #rows: Rows;
  #evaluation: Evaluation | undefined;
  #features: FrontFeatures | undefined;

  constructor(model: WasmModel, { job, like, samples, evaluation, features }: InferJob) {
    this.job = job;
    this.#model = model;
    const one = buildDataset(like);
    this.#rows = new Rows(one, samples);
    one.free();
    if (evaluation) {
      const room = this.#rows.room();
      this.#evaluation = new Evaluation(model, room, samples, evaluation.details);
      room.free();
    }
    // They are sent, so that no room for them is wanted here.
    if (features) this.#features = new FrontFeatures(model, 0);
  }

  /** What a piece comes to; nothing where it cannot be computed, which the one that leads finds itself. */
  compute(samples: number, buffer: ArrayBuffer): Answer["result"] {
    try {
      this.#rows.read(samples, buffer);
      if (this.#evaluation) return this.#evaluation.measureRows(this.#model, this.#rows, samples);
      if (this.#features) return this.#features.computeRows(this.#model, this.#rows, samples);
      return this.#model.predictRows(this.#rows, samples);
    } catch (error) {
      // After a trap this worker must not compute any more.
      if (error instanceof WebAssembly.RuntimeError) throw error;
      return undefined;
    }
  }

  free(): void {
    this.#rows.free();
    this.#evaluation?.free();
    this.#features?.free();
  }
}

/** The buffers of a result, which move. */
function buffersOf(result: Answer["result"]): ArrayBuffer[] {
  const arrays = Array.isArray(result)
    ? result.map(({ data }) => data)
    : result
      ? [result.sums, result.predictions, result.confidences, result.targets, result.scores]
      : [];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

/** Takes part in a run until the link is closed. */
async function train(job: TrainJob, link: Link): Promise<void> {
  const { worker, workers, file, features, like, samples, sizes } = job;
  const model = WasmModel.load(file);
  if (features) model.expectFeatures();
  const one = buildDataset(like);
  const rows = new Rows(one, samples);
  one.free();
  const readRows = (buffer: ArrayBufferLike, count: number) => rows.read(count, buffer);
  const write = (buffer: ArrayBufferLike) => model.writeFrame(buffer, sizes.frame);
  const read = (buffer: ArrayBufferLike) => model.readFrame(buffer, sizes.frame, true);
  try {
    while (await link.take("rows", readRows)) {
      model.computeShareOf(rows, worker, workers);
      link.put("frame", write);
      // Where there are more than two, the one that leads adds all up and sends the sum.
      if (workers > 2) model.clearBlocks();
      if (!(await link.take("frame", read))) break;
      model.apply();
      // Nobody has to say anything to it but that the job is over: then nothing comes, and it listens.
      if (breathless(LONG)) await breathe();
    }
  } finally {
    rows.free();
    model.free();
  }
}
