/** How the buffers of a job get from one worker to another. */
import { breathe, rested } from "../yielding.js";
import type { Answer, Lane, Parcel, SharedSlots, Sizes } from "./messages.js";

/** One end of the way between the worker that leads and a peer. Nothing is allocated in a step. */
export interface Link {
  /** Sends a buffer that `fill` fills. */
  put(lane: Lane, fill: (buffer: ArrayBufferLike) => void, count?: number): void;
  /** Hands the next buffer of a lane to `read`; false if the link was closed before it came. */
  take(lane: Lane, read: (buffer: ArrayBufferLike, count: number) => void): Promise<boolean>;
  /** A message of the other end. */
  receive(message: Parcel | Answer): void;
  /** Nothing comes any more. */
  close(): void;
  /** Since when somebody waits for a buffer, if so. */
  readonly waitingSince: number | undefined;
}

/** Not all browsers can let go of a buffer at once. */
type Transferred = ArrayBuffer & { transfer?(length: number): ArrayBuffer };

/** By messages whose buffers move over and come back with the next. */
export class MessageLink implements Link {
  waitingSince: number | undefined;
  #post: (parcel: Parcel, transfer: ArrayBuffer[]) => void;
  #job: number;
  #sizes: Sizes;
  #arrived: { [L in Lane]: Parcel[] } = { rows: [], frame: [] };
  #spare: { [L in Lane]: ArrayBuffer[] } = { rows: [], frame: [] };
  /** Read, and to be sent back. */
  #back: ArrayBuffer[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(job: number, sizes: Sizes, post: (parcel: Parcel, transfer: ArrayBuffer[]) => void) {
    this.#job = job;
    this.#sizes = sizes;
    this.#post = post;
  }

  put(lane: Lane, fill: (buffer: ArrayBufferLike) => void, count = 0): void {
    const buffer = this.#spare[lane].pop() ?? new ArrayBuffer(this.#sizes[lane]);
    fill(buffer);
    const back = this.#back;
    this.#back = [];
    this.#post({ type: "parcel", job: this.#job, lane, buffer, count, back }, [buffer, ...back]);
  }

  async take(lane: Lane, read: (buffer: ArrayBufferLike, count: number) => void): Promise<boolean> {
    this.waitingSince = performance.now();
    for (;;) {
      if (this.#closed) return false;
      const parcel = this.#arrived[lane].shift();
      if (parcel) {
        this.waitingSince = undefined;
        read(parcel.buffer, parcel.count);
        // Frames go both ways: what came is filled for the other. Samples go one way.
        if (lane === "frame") this.#spare.frame.push(parcel.buffer);
        else this.#back.push(parcel.buffer);
        return true;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      // What came was a message, and so others had their turn.
      rested();
    }
  }

  receive(parcel: Parcel | Answer): void {
    if (parcel.type !== "parcel" || parcel.job !== this.#job) return;
    this.#arrived[parcel.lane].push(parcel);
    this.#spare.rows.push(...parcel.back);
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
    // Some megabytes each, which would stay until somebody collects.
    const unread = [...this.#arrived.rows, ...this.#arrived.frame].map(({ buffer }) => buffer);
    for (const buffer of [...unread, ...this.#spare.rows, ...this.#spare.frame, ...this.#back])
      (buffer as Transferred).transfer?.(0);
    this.#arrived = { rows: [], frame: [] };
    this.#spare = { rows: [], frame: [] };
    this.#back = [];
  }
}

/** Milliseconds that a worker blocks at a time; then it looks at its messages. */
const SLICE = 10;
/** Milliseconds that are spent looking before blocking: less than waking up takes. */
const SPIN = 0.01;

const ROWS = 0;
const DOWN = 1;
const UP = 2;
/** Where the counts of samples of the two slots are. */
const COUNTS = 3;

/** By memory that both workers see. */
export class SharedLink implements Link {
  waitingSince: number | undefined;
  #slots: SharedSlots;
  #control: Int32Array<SharedArrayBuffer>;
  #leads: boolean;
  #spin: boolean;
  /** How often this end has put or taken. */
  #done = [0, 0, 0];
  #closed = false;

  constructor(slots: SharedSlots, leads: boolean, spin: boolean) {
    this.#slots = slots;
    this.#control = new Int32Array(slots.control);
    this.#leads = leads;
    this.#spin = spin;
  }

  /** Memory for two workers. */
  static slots({ rows, frame }: Sizes): SharedSlots {
    const pair = (bytes: number): [SharedArrayBuffer, SharedArrayBuffer] => [
      new SharedArrayBuffer(bytes),
      new SharedArrayBuffer(bytes),
    ];
    return {
      control: new SharedArrayBuffer(4 * (COUNTS + 2)),
      rows: pair(rows),
      down: pair(frame),
      up: pair(frame),
    };
  }

  put(lane: Lane, fill: (buffer: ArrayBufferLike) => void, count = 0): void {
    const word = lane === "rows" ? ROWS : this.#leads ? DOWN : UP;
    const turn = (this.#done[word] as number) % 2;
    fill(this.#slot(word, turn));
    if (word === ROWS) Atomics.store(this.#control, COUNTS + turn, count);
    (this.#done[word] as number) += 1;
    Atomics.add(this.#control, word, 1);
    Atomics.notify(this.#control, word);
  }

  async take(lane: Lane, read: (buffer: ArrayBufferLike, count: number) => void): Promise<boolean> {
    const word = lane === "rows" ? ROWS : this.#leads ? UP : DOWN;
    const done = this.#done[word] as number;
    this.waitingSince = performance.now();
    if (this.#spin) {
      const until = this.waitingSince + SPIN;
      while (Atomics.load(this.#control, word) === done && performance.now() < until);
    }
    // Both counts grow alike and wrap alike; the other end is ahead by two at most.
    while (Atomics.load(this.#control, word) === (done | 0)) {
      if (this.#closed) return false;
      if (Atomics.wait(this.#control, word, done | 0, SLICE) === "timed-out") await breathe();
    }
    this.waitingSince = undefined;
    const turn = done % 2;
    read(this.#slot(word, turn), Atomics.load(this.#control, COUNTS + turn));
    this.#done[word] = done + 1;
    return true;
  }

  receive(): void {}

  close(): void {
    this.#closed = true;
  }

  #slot(word: number, turn: number): SharedArrayBuffer {
    const { rows, down, up } = this.#slots;
    const lane = word === ROWS ? rows : word === DOWN ? down : up;
    return lane[turn] as SharedArrayBuffer;
  }
}
