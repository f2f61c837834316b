/** All batches of a dataset, handed out to whoever is free; for predictions and evaluations. */
import { TabgradError } from "../../errors.js";
import { type Measured, Rows, type Dataset as WasmDataset } from "../../generated/tabgrad.js";
import type { Tensor } from "../../types/tensors.js";
import type { ModelEntry } from "../session.js";
import { breathe } from "../yielding.js";
import type { Answer } from "./messages.js";
import { type Member, PATIENCE, type Team } from "./team.js";

/** Milliseconds of work that are worth asking peers that are there. */
const WORTH_ASKING = 10;
/** Milliseconds of work, in one piece or in many, that are worth starting peers. */
const WORTH_STARTING = 150;
/** Batches that a peer has at a time: the one it computes, and the next. */
const AT_ONCE = 2;

/** What is computed of each batch. */
export type BatchResult = Tensor[] | Measured;

/** A model's work on a dataset. */
export interface BatchWork<T extends BatchResult> {
  entry: ModelEntry;
  dataset: WasmDataset;
  batchSize: number;
  /** For evaluations: whether they report decisions. */
  evaluation?: { details: boolean };
  /** Computes a batch here. */
  compute(from: number, to: number): T;
  /** Takes the results, in the order of the batches. */
  use(result: T): void;
  /** Called after each batch. */
  rest(done: number): Promise<void>;
}

/** A peer and the batches that it has. */
interface Helper {
  member: Member;
  pending: Set<number>;
  /** Since when it has owed an answer. */
  since: number;
}

/** Computes every batch of a dataset; whoever does makes no difference to the bits. */
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
  #count: number;
  /** The next that nobody has, and those that came back. */
  #next = 0;
  #returned: number[] = [];
  #results = new Map<number, T>();
  #used = 0;
  #began = performance.now();
  #computed = 0;
  #helpers: Helper[] = [];
  #job = 0;
  #rows: Rows | undefined;
  #spare: ArrayBuffer[] = [];
  #wake: (() => void) | undefined;

  constructor(team: Team, work: BatchWork<T>) {
    this.#team = team;
    this.#work = work;
    this.#count = Math.ceil(work.dataset.length / work.batchSize);
  }

  async run(): Promise<void> {
    while (this.#used < this.#count) {
      this.#recruit();
      this.#hand();
      const batch = this.#take();
      if (batch === undefined) await this.#answer();
      else {
        const [from, to] = this.#range(batch);
        this.#results.set(batch, this.#work.compute(from, to));
        this.#computed += 1;
        // Answers are messages.
        if (this.#helpers.length > 0) await breathe();
      }
      this.#use();
      // A single small prediction does not pay for the others' turn.
      if (this.#used < this.#count) await this.#work.rest(this.#used * this.#work.batchSize);
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

  #range(batch: number): [number, number] {
    const { batchSize, dataset } = this.#work;
    return [batch * batchSize, Math.min((batch + 1) * batchSize, dataset.length)];
  }

  #take(): number | undefined {
    const batch = this.#returned.pop();
    if (batch !== undefined) return batch;
    if (this.#next === this.#count) return undefined;
    this.#next += 1;
    return this.#next - 1;
  }

  #use(): void {
    for (let result = this.#results.get(this.#used); result; result = this.#results.get(this.#used)) {
      this.#work.use(result);
      this.#results.delete(this.#used);
      this.#used += 1;
    }
  }

  /** Asks peers as soon as it is clear that there is enough to do. */
  #recruit(): void {
    if (this.#job > 0 || this.#computed === 0) return;
    const left = this.#count - this.#next;
    const ahead = (left * (performance.now() - this.#began)) / this.#computed;
    if (left === 0 || ahead < WORTH_ASKING) return;
    if (this.#computed === 1) this.#team.shareable += ahead;
    if (Math.max(ahead, this.#team.shareable) > WORTH_STARTING) this.#team.want(left + 1);
    const members = this.#team.present(left + 1);
    if (members.length === 0 || !this.#team.claim(this)) return;
    const { entry, dataset, batchSize, evaluation } = this.#work;
    this.#job = this.#team.newJob();
    this.#rows = new Rows(dataset, Math.min(batchSize, dataset.length));
    const one = dataset.subset(Uint32Array.of(0));
    const like = one.parts();
    one.free();
    const copy = `${entry.id} ${entry.revision}`;
    for (const member of members) {
      const file = member.copy === copy ? undefined : entry.model.save(false);
      member.copy = copy;
      const helper: Helper = { member, pending: new Set(), since: 0 };
      member.receiver = {
        receive: (message) => {
          if (message.type === "answer" && message.job === this.#job) this.#receive(helper, message);
        },
        close: () => this.#lose(helper),
      };
      member.post(
        { type: "infer", job: this.#job, file, like, samples: batchSize, evaluation },
        file ? [file.buffer as ArrayBuffer] : [],
      );
      this.#helpers.push(helper);
    }
  }

  /** Gives the peers what to do. */
  #hand(): void {
    const rows = this.#rows;
    if (!rows) return;
    for (const helper of this.#helpers) {
      while (helper.pending.size < AT_ONCE) {
        const batch = this.#take();
        if (batch === undefined) return;
        const [from, to] = this.#range(batch);
        const buffer = this.#spare.pop() ?? new ArrayBuffer(rows.bytes(this.#range(0)[1]));
        rows.gather(this.#work.dataset, from, to);
        rows.write(to - from, buffer);
        if (helper.pending.size === 0) helper.since = performance.now();
        helper.pending.add(batch);
        helper.member.post({ type: "batch", job: this.#job, batch, samples: to - from, buffer }, [buffer]);
      }
    }
  }

  #receive(helper: Helper, { batch, result, buffer }: Answer): void {
    helper.pending.delete(batch);
    helper.since = performance.now();
    this.#spare.push(buffer);
    // What a peer cannot compute is computed here, where the error counts.
    if (result) {
      this.#results.set(batch, result as T);
      helper.member.delivered();
    } else this.#returned.push(batch);
    this.#wake?.();
  }

  /** Takes back what a peer had. */
  #lose(helper: Helper): void {
    this.#helpers = this.#helpers.filter((other) => other !== helper);
    this.#returned.push(...helper.pending);
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
    const late = performance.now() - Math.max(PATIENCE, 20 * pace);
    for (const { member, pending, since } of this.#helpers) {
      if (pending.size > 0 && since < late) member.end();
    }
  }
}
