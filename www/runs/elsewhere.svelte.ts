import type { Answer } from "../data/answer";
import type { Place } from "../frame/router.svelte";
import type { Look } from "../shared/look";
import type { RunSettings } from "../train/network/presets";
import type { CurveState } from "../train/plot/curve.svelte";

/** How a run stands, as the tab tells that trains it. */
export interface Told {
  place: Place;
  name: string;
  state: string;
  epoch: number;
  epochs: number;
  batch: number;
  batches: number;
  /** Samples a second. */
  rate: number;
  secondsLeft: number;
  curve: CurveState;
  /** Of the Train place: what is learned, and how. */
  learns?: { settings: RunSettings; answer: Answer; look: Look };
}

/** What tabs of this page say to each other. */
type Message =
  /** By one that watches, every few seconds: only then is anything told. */
  | { type: "hello" }
  | { type: "told"; run: Told }
  /** The run is over, or was left. */
  | { type: "over"; name: string; done: boolean }
  /** Asks for a run, and answers whether it is kept and let go, or comes to its end where it is. */
  | { type: "takeOver"; name: string }
  | { type: "handedOver"; name: string; letGo: boolean };

/** What trains in this tab. */
export interface Teller {
  /** How it stands, if something is trained. */
  told(): Told | undefined;
  /** Keeps it and lets it go; false if it comes to its end before. */
  handOver(): Promise<boolean>;
  /** What the run is called that another tab has taken from here; empty if none is. */
  lost: string;
}

/** Milliseconds between two greetings, and for how long one holds. */
const GREETING = 2000;
const HOLDS = 5000;
/** Greetings without an answer after which a run was left. */
const UNANSWERED = 3;
/** Milliseconds between two tellings at least. */
const TELLING = 250;
/** Milliseconds in which a tab can hand over a run before it is taken from it. */
const PATIENCE = 4000;

/** Runs that other tabs train. */
class Elsewhere {
  runs = $state.raw<readonly Told[]>([]);
  /** Told, again and again, that a run is being trained elsewhere. */
  onTold: (name: string) => void = () => {};
  /** Told when a run is over elsewhere; true if it came to its end. */
  onOver: (name: string, done: boolean) => void = () => {};
  #channel: BroadcastChannel | undefined;
  #tellers: readonly Teller[] = [];
  #unanswered = new Map<string, number>();
  #listenedUntil = 0;
  #toldAt = 0;
  #greeting: ReturnType<typeof setInterval> | undefined;
  #handedOver = new Map<string, (letGo: boolean) => void>();

  /** What is trained there is told from now on. */
  add(teller: Teller): void {
    this.#tellers = [...this.#tellers, teller];
  }

  /** Listens to other tabs from now on. */
  start(): void {
    this.#channel = new BroadcastChannel("tabgrad.runs");
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data as Message));
    // Whoever watches need not wait for the silence.
    addEventListener("pagehide", () => {
      const run = this.#telling?.told();
      if (run) this.over(run.name, false);
    });
    this.greet();
  }

  /** The run of this place that another tab trains. */
  at(place: Place): Told | undefined {
    return this.runs.find((run) => run.place === place);
  }

  has(name: string): boolean {
    return this.runs.some((run) => run.name === name);
  }

  /** Tells how the run of this tab stands: a few times a second to those who watch, at turns to all. */
  tell(turn = false): void {
    const now = performance.now();
    if (!turn && (now > this.#listenedUntil || now - this.#toldAt < TELLING)) return;
    const run = this.#telling?.told();
    if (!run) return;
    this.#toldAt = now;
    this.#say({ type: "told", run });
  }

  /** The run of this tab is over, or left to others. */
  over(name: string, done: boolean): void {
    this.#say({ type: "over", name, done });
  }

  /** Looks for a run that another tab must have. */
  greet(): void {
    this.#say({ type: "hello" });
  }

  /**
   * Asks the tab that trains a run to keep it and let it go. Resolves to true when it has, or does not answer; to false if
   * the run comes to its end there.
   */
  async ask(name: string): Promise<boolean> {
    const letGo = await new Promise<boolean>((resolve) => {
      this.#handedOver.set(name, resolve);
      this.#say({ type: "takeOver", name });
      setTimeout(() => resolve(true), PATIENCE);
    });
    this.#handedOver.delete(name);
    if (letGo) this.#forget(name);
    return letGo;
  }

  /** Where something is trained: one at most. */
  get #telling(): Teller | undefined {
    return this.#tellers.find((teller) => teller.told() !== undefined);
  }

  #hear(message: Message): void {
    switch (message.type) {
      case "hello":
        this.#listenedUntil = performance.now() + HOLDS;
        this.tell(true);
        break;
      case "told":
        this.#unanswered.set(message.run.name, 0);
        this.runs = [...this.runs.filter(({ name }) => name !== message.run.name), message.run];
        this.onTold(message.run.name);
        this.#greeting ??= setInterval(() => this.#watch(), GREETING);
        break;
      case "over":
        this.#handedOver.get(message.name)?.(!message.done);
        if (!this.has(message.name)) break;
        this.#left(message.name, message.done);
        break;
      case "takeOver":
        void this.#handOver(message.name);
        break;
      case "handedOver":
        this.#handedOver.get(message.name)?.(message.letGo);
        break;
    }
  }

  async #handOver(name: string): Promise<void> {
    const teller = this.#telling;
    if (teller?.told()?.name !== name) return;
    this.#say({ type: "handedOver", name, letGo: await teller.handOver() });
  }

  /** Greets those who train, and gives up those who do not answer. */
  #watch(): void {
    for (const { name } of this.runs) {
      const unanswered = this.#unanswered.get(name) ?? 0;
      this.#unanswered.set(name, unanswered + 1);
      if (unanswered < UNANSWERED) continue;
      this.#left(name, false);
    }
    if (this.runs.length > 0) this.greet();
  }

  #left(name: string, done: boolean): void {
    this.#forget(name);
    for (const teller of this.#tellers) if (teller.lost === name) teller.lost = "";
    this.onOver(name, done);
  }

  #forget(name: string): void {
    this.runs = this.runs.filter((run) => run.name !== name);
    this.#unanswered.delete(name);
    if (this.runs.length > 0) return;
    clearInterval(this.#greeting);
    this.#greeting = undefined;
  }

  #say(message: Message): void {
    this.#channel?.postMessage(message);
  }
}

export const elsewhere = new Elsewhere();
