/** The hand on a run: pause, stop, learning rate. */
import type { TabgradError } from "../errors.js";
import type { RunCommand } from "../fit-protocol.js";

/** What was said to a run. */
export class RunControl {
  /** Set by `stop`: the run ends at the next batch. */
  stopped = false;
  /** Why the run must end: it is another tab's by now. */
  failure: TabgradError | undefined;
  /** Whether the run is to be kept at the next batch. */
  keepNow = false;
  /** A learning rate that has been asked for and not yet been set. */
  learningRate: number | undefined;
  #paused: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  #afterwards: (() => void)[] = [];

  /** Resolves at once, or when the run is resumed or ended. */
  get paused(): Promise<void> | undefined {
    return this.#paused;
  }

  command(command: RunCommand): void {
    switch (command.type) {
      case "pause":
        this.#paused ??= new Promise((resolve) => {
          this.#resume = resolve;
        });
        break;
      case "resume":
        this.release();
        break;
      case "stop":
        this.stopped = true;
        this.release();
        break;
      case "keep":
        this.keepNow = true;
        break;
      case "setLearningRate":
        this.learningRate = command.learningRate;
        break;
    }
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
    for (const action of this.#afterwards) action();
  }
}
