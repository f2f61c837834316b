/** All samples of a dataset, handed out in pieces to whoever is free; for predictions and evaluations. */
import { TabgradError } from "../../errors.js";
import { type Measured, Rows, type Dataset as WasmDataset } from "../../generated/tabgrad.js";
import type { Tensor } from "../../types/tensors.js";
import { type ModelEntry, WORTH_SHARING } from "../session.js";
import { breathe, breathless } from "../yielding.js";
import type { Answer } from "./messages.js";
import { type Member, PATIENCE, type Team } from "./team.js";

/** Milliseconds of work, in one piece or in many, that are worth starting peers. */
const WORTH_STARTING = 150;
/** Samples that the engine predicts at a time: fewer cost more. */
const PREDICTED = 16;
/** Milliseconds that a piece of predictions should take: many times what its messages do. */
const PIECE = 8;
/** The most pieces that a peer has at a time. */
const AT_ONCE = 32;

/** What is computed of each piece. */
export type BatchResult = Tensor[] | Measured;

/** A model's work on a dataset. */
export interface BatchWork<T extends BatchResult> {
  entry: ModelEntry;
  dataset: WasmDataset;
  /** The samples of a piece of an evaluation, whose sums depend on it; of a prediction, the most. */
  batchSize: number;
  /** For evaluations: whether they report decisions. */
  evaluation?: { details: boolean };
  /** Whether it is the features of the frozen front that are wanted, instead of the outputs. */
  features?: boolean;
  /** Computes a piece here. */
  compute(from: number, to: number): T;
  /** Takes the results, in the order of the samples. */
  use(result: T): void;
  /** Called after each piece. */
  rest(done: number): Promise<void>;
}

/** Samples next to each other: the first, and the one behind the last. */
type Piece = readonly [from: number, to: number];

/** A peer and the pieces that it has, by their first samples. */
interface Helper {
  member: Member;
  pending: Map<number, Piece>;
  /** Since when it has owed an answer. */
  since: number;
}

/** Computes every sample of a dataset; whoever does makes no difference to the bits. */
export async function inBatches<T extends BatchResult>(team: Team, work: BatchWork<T>): Promise<void> {
  const { batchSize } = work;
  if (!(Number.isInteger(batchSize) && batchSize >= 1)) {
    throw new TabgradError("argument", `batchSize is ${batchSize}, expected an integer of at least 1.`);
  }
  const batches = new Batches(team, work);
  try {
    await batches.run();
  } finally {
    batches.end();
  }
}

class Batches<T extends BatchResult> {
  #team: Team;
  #work: BatchWork<T>;
  /** The first that nobody has, and the pieces that came back. */
  #next = 0;
  #returned: Piece[] = [];
  /** The results that nobody has used, by their first samples. */
  #results = new Map<number, { result: T; to: number }>();
  #used = 0;
  #began = performance.now();
  /** Samples that were computed here, and the milliseconds they took. */
  #computed = 0;
  #spent = 0;
  #helpers: Helper[] = [];
  #job = 0;
  /** Whether the team knows that there was something to share. */
  #counted = false;
  #rows: Rows | undefined;
  #spare: ArrayBuffer[] = [];
  #wake: (() => void) | undefined;

  constructor(team: Team, work: BatchWork<T>) {
    this.#team = team;
    this.#work = work;
  }

  async run(): Promise<void> {
    const { length } = this.#work.dataset;
    while (this.#used < length) {
      this.#recruit();
      this.#hand();
      const piece = this.#take();
      if (piece) {
        this.#compute(piece);
        // Answers are messages.
        if (this.#helpers.length > 0 && breathless(PIECE)) await breathe();
      } else await this.#answer();
      this.#use();
      // A single small prediction does not pay for the others' turn.
      if (this.#used < length) await this.#work.rest(this.#used);
    }
  }

  end(): void {
    for (const { member } of this.#helpers) {
      member.receiver = undefined;
      member.post({ type: "end", job: this.#job });
    }
    if (this.#job > 0) this.#team.release(this);
    this.#rows?.free();
  }

  /** The samples of a piece that takes as long as one should, as far as that is known. */
  get #size(): number {
    const { batchSize, entry, evaluation } = this.#work;
    if (evaluation) return batchSize;
    const groups = Math.floor(PIECE / ((entry.pace ?? PIECE) * PREDICTED));
    return Math.min(Math.max(1, groups) * PREDICTED, batchSize);
  }

  #take(): Piece | undefined {
    const piece = this.#returned.pop();
    if (piece) return piece;
    const from = this.#next;
    const { length } = this.#work.dataset;
    if (from === length) return undefined;
    this.#next = Math.min(from + this.#size, length);
    return [from, this.#next];
  }

  #compute([from, to]: Piece): void {
    const { entry, compute } = this.#work;
    const began = performance.now();
    this.#results.set(from, { result: compute(from, to), to });
    this.#computed += to - from;
    this.#spent += performance.now() - began;
    entry.pace = this.#spent / this.#computed;
  }

  #use(): void {
    for (let next = this.#results.get(this.#used); next; next = this.#results.get(this.#used)) {
      this.#work.use(next.result);
      this.#results.delete(this.#used);
      this.#used = next.to;
    }
  }

  /** Asks peers as soon as it is clear that there is enough to do. */
  #recruit(): void {
    const { entry, dataset, batchSize, evaluation, features = false } = this.#work;
    if (this.#job > 0 || entry.pace === undefined) return;
    const left = dataset.length - this.#next;
    const pieces = Math.ceil(left / this.#size);
    const ahead = left * entry.pace;
    if (left === 0 || ahead < WORTH_SHARING) return;
    if (!this.#counted) this.#team.shareable += ahead;
    this.#counted = true;
    if (Math.max(ahead, this.#team.shareable) > WORTH_STARTING) this.#team.want(pieces + 1);
    const members = this.#team.present(pieces);
    if (members.length === 0 || !this.#team.claim(this)) return;
    const samples = Math.min(batchSize, dataset.length);
    this.#job = this.#team.newJob();
    this.#rows = new Rows(dataset, samples);
    const one = dataset.subset(Uint32Array.of(0));
    const like = one.parts();
    one.free();
    const copy = `${entry.id} ${entry.revision}`;
    for (const member of members) {
      const file = member.copy === copy ? undefined : entry.model.save(false);
      member.copy = copy;
      const helper: Helper = { member, pending: new Map(), since: 0 };
      member.receiver = {
        receive: (message) => {
          if (message.type === "answer" && message.job === this.#job) this.#receive(helper, message);
        },
        close: () => this.#lose(helper),
      };
      member.post(
        { type: "infer", job: this.#job, file, like, samples, evaluation, features },
        file ? [file.buffer as ArrayBuffer] : [],
      );
      this.#helpers.push(helper);
    }
  }

  /** The pieces that a peer has at a time: enough that it never waits, no more than its share of what is left. */
  #atOnce(): number {
    const { entry, dataset } = this.#work;
    const left = Math.ceil((dataset.length - this.#next) / this.#size);
    const enough = Math.max(2, Math.ceil((2 * PIECE) / (this.#size * (entry.pace ?? PIECE))));
    return Math.max(1, Math.min(enough, AT_ONCE, Math.floor(left / (this.#helpers.length + 1))));
  }

  /** Gives the peers what to do. */
  #hand(): void {
    const rows = this.#rows;
    if (!rows) return;
    for (const helper of this.#helpers) {
      while (helper.pending.size < this.#atOnce()) {
        const piece = this.#take();
        if (!piece) return;
        const [from, to] = piece;
        const { dataset, batchSize } = this.#work;
        const most = Math.min(batchSize, dataset.length);
        const buffer = this.#spare.pop() ?? new ArrayBuffer(rows.bytes(most));
        rows.gather(dataset, from, to);
        rows.write(to - from, buffer);
        if (helper.pending.size === 0) helper.since = performance.now();
        helper.pending.set(from, piece);
        helper.member.post({ type: "piece", job: this.#job, from, samples: to - from, buffer }, [buffer]);
      }
    }
  }

  #receive(helper: Helper, { from, result, buffer }: Answer): void {
    const piece = helper.pending.get(from);
    if (!piece) return;
    helper.pending.delete(from);
    helper.since = performance.now();
    this.#spare.push(buffer);
    // What a peer cannot compute is computed here, where the error counts.
    if (result) {
      this.#results.set(from, { result: result as T, to: piece[1] });
      helper.member.delivered();
    } else this.#returned.push(piece);
    this.#wake?.();
  }

  /** Takes back what a peer had. */
  #lose(helper: Helper): void {
    this.#helpers = this.#helpers.filter((other) => other !== helper);
    this.#returned.push(...helper.pending.values());
    this.#wake?.();
  }

  /** Waits for an answer, but not for ever. */
  async #answer(): Promise<void> {
    let limit: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      limit = setTimeout(resolve, PATIENCE);
    });
    clearTimeout(limit);
    this.#wake = undefined;
    const pace = (performance.now() - this.#began) / Math.max(1, this.#used);
    const late = performance.now() - Math.max(PATIENCE, 20 * pace * this.#size);
    for (const { member, pending, since } of this.#helpers) {
      if (pending.size > 0 && since < late) member.end();
    }
  }
}
