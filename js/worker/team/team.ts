/** The workers that compute together: the one that leads, which this is, and its peers. */
import type { EngineModules } from "../wasm.js";
import { type Asked, alone, type TeamInfo } from "./info.js";
import type { Answer, FromPeer, Parcel, ToPeer } from "./messages.js";

/** A started peer, to talk to. */
export interface PeerHandle {
  post(message: ToPeer, transfer?: ArrayBuffer[]): void;
  terminate(): void;
}

/** What a peer tells. */
export interface PeerListener {
  onMessage(message: FromPeer): void;
  /** It could not start, or has died. */
  onFailure(): void;
}

/** What a team is told when it is made. */
export interface TeamOptions extends Asked {
  /** The file that peers load besides the worker's own. */
  rest: string;
  /** The whole engine: peers come when its rest is there. */
  modules(): Promise<EngineModules>;
  startPeer(listener: PeerListener): PeerHandle;
}

/** Milliseconds that a peer may be late; far more than a step takes. */
export const PATIENCE = 2000;
/** Milliseconds after which a worker that does not start counts as one that cannot. */
const START_LIMIT = 10_000;
/** Failures after which no further worker is started, unless one has proved itself in between. */
const MOST_FAILURES = 8;
/** Shares of steps, or batches, that a peer has computed when it shows that peers can live here. */
const PROVEN = 100;

/** One peer as its owner sees it. */
export class Member {
  ready = false;
  dead = false;
  /** Who hears of it while it takes part in a job. */
  receiver: { receive(message: Parcel | Answer): void; close(): void } | undefined;
  /** Which model it has for predictions, and of when. */
  copy = "";
  #handle: PeerHandle;
  #done = 0;
  #onProven: () => void;

  constructor(
    start: TeamOptions["startPeer"],
    onReady: () => void,
    onProven: () => void,
    onEnd: (member: Member) => void,
  ) {
    this.#onProven = onProven;
    this.end = () => {
      if (this.dead) return;
      this.dead = true;
      clearTimeout(limit);
      this.receiver?.close();
      this.#handle.terminate();
      onEnd(this);
    };
    this.#handle = start({
      onMessage: (message) => {
        // What it sent before it was ended may still arrive.
        if (this.dead) return;
        if (message.type === "ready") {
          clearTimeout(limit);
          this.ready = true;
          onReady();
        } else if (message.type === "failed") this.end();
        else this.receiver?.receive(message);
      },
      onFailure: this.end,
    });
    const limit = setTimeout(this.end, START_LIMIT);
  }

  /** Ends a peer that does not answer. */
  readonly end: () => void;

  /** Says that what it computed has come. */
  delivered(): void {
    this.#done += 1;
    if (this.#done === PROVEN) this.#onProven();
  }

  post(message: ToPeer, transfer: ArrayBuffer[] = []): void {
    if (!this.dead) this.#handle.post(message, transfer);
  }
}

/** Starts peers at the first long work, keeps them, and replaces those that die. */
export class Team {
  /** Grows whenever a peer comes or goes. */
  version = 0;
  /** Milliseconds of predictions and evaluations so far that peers could have had a share in. */
  shareable = 0;
  readonly cores: number;
  readonly transport: "messages" | "sharedMemory";
  readonly #alone: TeamInfo;
  #options: TeamOptions;
  #most: number;
  /** Peers that there should be. */
  #wanted = 0;
  #members: Member[] = [];
  #failures = 0;
  #jobs = 0;
  /** The work that has the peers. */
  #owner: object | undefined;

  constructor(options: TeamOptions) {
    this.#options = options;
    this.#alone = alone(options);
    this.cores = options.cores;
    this.#most = this.#alone.mostWorkers;
    this.transport = this.#alone.transport;
  }

  /** How many workers the program allows for work in so many parts. */
  most(parts: number): number {
    return Math.min(parts, this.#most);
  }

  /** Sees to it that there will be as many peers as so many workers need and the program allows. */
  want(workers: number): void {
    this.#wanted = Math.max(this.#wanted, this.most(workers) - 1);
    this.#grow();
  }

  /** The peers that can work, for so many workers in all. */
  present(workers: number): Member[] {
    const ready = this.#members.filter(({ ready }) => ready);
    return ready.slice(0, this.most(workers) - 1);
  }

  /** Whether peers are on their way. */
  get starting(): boolean {
    return this.#members.some(({ ready }) => !ready);
  }

  /** Gives the peers to one work at a time; false if another has them. */
  claim(owner: object): boolean {
    this.#owner ??= owner;
    return this.#owner === owner;
  }

  /** Lets others have the peers. */
  release(owner: object): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    this.version += 1;
  }

  /** A number for a job. */
  newJob(): number {
    this.#jobs += 1;
    return this.#jobs;
  }

  info(): TeamInfo {
    return { ...this.#alone, workers: 1 + this.#members.filter(({ ready }) => ready).length };
  }

  /**
   * Starts the next peer. One at a time: this worker computes meanwhile, and where peers cannot be started the
   * first shows it.
   */
  #grow(): void {
    if (this.starting || this.#members.length >= this.#wanted || this.#failures >= MOST_FAILURES) return;
    const changed = () => {
      this.version += 1;
      this.#grow();
    };
    try {
      const proven = () => {
        // A long run that loses a peer now and then goes on replacing it.
        this.#failures = 0;
      };
      const member = new Member(this.#options.startPeer, changed, proven, (ended) => {
        this.#members = this.#members.filter((other) => other !== ended);
        this.#failures += 1;
        changed();
      });
      this.#members.push(member);
      this.#options.modules().then(
        (modules) => member.post({ type: "peer", modules, rest: this.#options.rest }),
        () => member.end(),
      );
    } catch {
      // Forbidden or impossible here: the work is done by those that are there.
      this.#failures += 1;
      changed();
    }
  }
}
