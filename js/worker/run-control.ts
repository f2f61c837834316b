/** The hand on a run: pause, stop, learning rate. */
import { TabgradError } from "../errors.js";
import type { RunCommand } from "../fit-protocol.js";

/** Who waits for a run to be kept: told when it is, or why it is not. */
type Keeper = (error?: unknown) => void;

/** What was said to a run. */
export class RunControl {
  /** Set by `stop`: the run ends at the next batch. */
  stopped = false;
  /** Why the run must end: it is another tab's by now. */
  failure: TabgradError | undefined;
  /** A learning rate that has been asked for and not yet been set. */
  learningRate: number | undefined;
  #keepers: Keeper[] = [];
  #paused: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  #afterwards: (() => void)[] = [];

  /** Resolves at once, or when the run is resumed or ended. */
  get paused(): Promise<void> | undefined {
    return this.#paused;
  }

  /** Whether the run is to be kept at the next batch. */
  get keepNow(): boolean {
    return this.#keepers.length > 0;
  }

  /** Resolves when it is done, as far as that takes long. */
  command(command: RunCommand): Promise<void> | undefined {
    switch (command.type) {
      case "pause":
        if (!this.#paused) this.#hold();
        break;
      case "resume":
        this.release();
        break;
      case "stop":
        this.stopped = true;
        this.release();
        break;
      case "keep":
        return this.#keep();
      case "setLearningRate":
        this.learningRate = command.learningRate;
        break;
    }
    return undefined;
  }

  /** Those who are to be told when the run is kept this time. */
  takeKeepers(): Keeper {
    const keepers = this.#keepers;
    this.#keepers = [];
    return (error) => {
      for (const keeper of keepers) keeper(error);
    };
  }

  /** Ends the run by an error. */
  fail(error: TabgradError): void {
    this.failure = error;
    this.release();
  }

  /** Lets a paused run look at what was said. */
  release(): void {
    this.#resume?.();
    this.#paused = undefined;
  }

  /** Does something when the run has let go of its model. */
  whenEnded(action: () => void): void {
    this.#afterwards.push(action);
  }

  /** The run has let go of its model. */
  ended(): void {
    const reason =
      this.failure ?? new TabgradError("argument", "run.keep: the run ended before it was kept.");
    this.takeKeepers()(reason);
    for (const action of this.#afterwards) action();
  }

  #hold(): void {
    this.#paused = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #keep(): Promise<void> {
    const kept = new Promise<void>((resolve, reject) => {
      this.#keepers.push((error) => (error === undefined ? resolve() : reject(error)));
    });
    // One that is paused looks at what was said, and goes on waiting.
    if (this.#paused) {
      const look = this.#resume;
      this.#hold();
      look?.();
    }
    return kept;
  }
}
