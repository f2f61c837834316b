/** Keeps a run while it goes on. */
import { TabgradError, toWire } from "../../errors.js";
import type { WireBackup } from "../../fit-protocol.js";
import { nameIn } from "../../urls.js";
import type { RestPlatform } from "../platform.js";
import type { Context } from "../serve.js";
import {
  earlierRun,
  isOpen,
  NotClaimed,
  type RunState,
  type RunStore,
  type StoredRun,
  takenOver,
} from "../store/runs.js";
import { lockRun } from "./lock.js";

/** Where a run is kept: the store, and what the run is called there. */
export function placeOf(url: string, { runs, runFiles }: RestPlatform): { store: RunStore; name: string } {
  const name = nameIn(url);
  return name === undefined ? { store: runFiles, name: url } : { store: runs, name };
}

/** What is held of a run. */
interface Hold {
  store: RunStore;
  name: string;
  owner: string;
  options: WireBackup;
  context: Context;
  onFailure(error: TabgradError): void;
  release(): void;
}

/** The share of a run's time that keeping it may take. */
const SHARE = 0.01;

/** Milliseconds between two times within an epoch, where nobody said. */
const INTERVAL = 10_000;

/** What they become at most where keeping takes long, as of a state of hundreds of MB. */
const LONGEST_INTERVAL = 60_000;

/** One run as it is kept. */
export class Backup {
  /** What was kept of it before. */
  kept: StoredRun | undefined;
  #hold: Hold;
  #isClaimed = false;
  /** Why it is kept no more, though it goes on. */
  #givenUp: unknown;
  #since = performance.now();
  /** Milliseconds that it took the last time, all of it. */
  #took = 0;
  #writing: Promise<unknown> | undefined;
  /** The state that was written last. */
  #last: RunState | undefined;
  /** What is stored with each state. */
  #note: unknown;

  private constructor(hold: Hold) {
    this.#hold = hold;
    this.#note = hold.options.note;
  }

  /** Takes hold of a run. `onFailure` gets the error that ends it, as where another tab takes it. */
  static async open(
    platform: RestPlatform,
    options: WireBackup,
    context: Context,
    onFailure: (error: TabgradError) => void,
  ): Promise<Backup> {
    const { store, name } = placeOf(options.url, platform);
    const release = await lockRun(name, options.takeOver, () => onFailure(takenOver(name)));
    const owner = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const backup = new Backup({ store, name, owner, options, context, onFailure, release });
    try {
      backup.#goOnFrom(await backup.#claim());
    } catch (error) {
      // Nothing is lost if it begins; it is told of and tried again when the run is first to be kept.
      if (error instanceof NotClaimed && !options.goesOn) return backup;
      release();
      throw error;
    }
    return backup;
  }

  /** Whether it is time to keep the run within an epoch, and the last time is through. */
  get isDue(): boolean {
    return this.#isFree && this.#passed >= this.#interval;
  }

  /** Whether to keep the run at the end of an epoch: one that is short may take less than keeping is worth. */
  get isWorthIt(): boolean {
    return this.isDue || (this.#isFree && this.#took <= SHARE * this.#passed);
  }

  /** Whether it can be kept, and the last time is through. */
  get #isFree(): boolean {
    return this.#writing === undefined && this.#givenUp === undefined;
  }

  /** Milliseconds between two times within an epoch. */
  get #interval(): number {
    const { everySeconds } = this.#hold.options;
    if (everySeconds !== undefined) return everySeconds * 1000;
    return Math.min(Math.max(INTERVAL, this.#took / SHARE), LONGEST_INTERVAL);
  }

  /** Milliseconds since it was kept. */
  get #passed(): number {
    return performance.now() - this.#since;
  }

  /**
   * Begins to write a state, the making of which began at `began`; the run goes on meanwhile. Waits for the one
   * before. `written` resolves to why it could not be.
   */
  async save(
    file: Uint8Array,
    state: RunState,
    began = performance.now(),
  ): Promise<{ written: Promise<TabgradError | undefined> }> {
    await this.#writing;
    this.#last = state;
    const written = this.#write(file, state).finally(() => {
      this.#writing = undefined;
      this.#since = performance.now();
      this.#took = this.#since - began;
    });
    this.#writing = written;
    return { written };
  }

  /** Waits for what is being written. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** Keeps what the run came to, which is only there to be fetched, and lets go. */
  async settle(file: Uint8Array): Promise<void> {
    if (this.#last) await this.save(file, { ...this.#last, state: "finished" });
    await this.close();
  }

  /** Waits for what is being written, and lets go. */
  async close(): Promise<void> {
    await this.#writing;
    this.#hold.release();
  }

  async #write(file: Uint8Array, state: RunState): Promise<TabgradError | undefined> {
    const { store, name, owner, context, onFailure } = this.#hold;
    const wasGivenUp = this.#givenUp !== undefined;
    try {
      await this.#claimLate();
      const noted = this.#note === undefined ? state : { ...state, note: this.#note };
      const { bytes, savedAt } = await store.save(name, owner, file, noted);
      const { epoch, batch } = state;
      context.emit({ type: "kept", report: { epoch, batch, bytes, savedAt } });
      return undefined;
    } catch (error) {
      const { code, message } = toWire(error);
      const reason = new TabgradError(code, message);
      // Another has it, or the program gave what cannot be stored: neither changes while it goes on.
      if (code === "busy" || code === "argument") onFailure(reason);
      else if (!wasGivenUp) context.emit({ type: "notKept", error: { code, message } });
      return reason;
    }
  }

  /** What it is to go on from, which is this run's to write over from now on. */
  async #claim(): Promise<StoredRun | undefined> {
    const { store, name, owner } = this.#hold;
    const found = await store.claim(name, owner);
    this.#isClaimed = true;
    return found && isOpen([found.slot]) ? found : undefined;
  }

  #goOnFrom(kept: StoredRun | undefined): void {
    this.kept = kept;
    this.#last = kept?.slot.state;
    this.#note ??= this.#last?.note;
  }

  /** Claims a run that could not be when it began. An earlier one that comes to light then is not written over. */
  async #claimLate(): Promise<void> {
    if (this.#givenUp !== undefined) throw this.#givenUp;
    if (this.#isClaimed) return;
    try {
      if (await this.#claim()) throw earlierRun(this.#hold.name);
    } catch (error) {
      if (!(error instanceof NotClaimed)) this.#givenUp = error;
      throw error;
    }
  }
}
