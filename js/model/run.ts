/** A running training. */
import { TabgradError } from "../errors.js";
import type { RunCommand } from "../fit-protocol.js";
import { later } from "../later.js";
import type { FitOptions, FitResult, Run } from "../types/training.js";

/** What `fit` returns: a promise that can be steered. */
export class RunHandle implements Run {
  readonly [Symbol.toStringTag] = "Run";
  #id: number;
  #options: FitOptions;
  #result: Promise<FitResult>;
  #state: Run["state"] = "running";

  constructor(id: number, result: Promise<FitResult>, options: FitOptions) {
    this.#id = id;
    this.#options = options;
    this.#result = result.then(
      (value) => {
        this.#state = "done";
        return value;
      },
      (error) => {
        this.#state = "failed";
        throw error;
      },
    );
  }

  get state(): Run["state"] {
    return this.#state;
  }

  async pause(): Promise<void> {
    await this.#command({ type: "pause" });
    if (this.#state === "running") this.#state = "paused";
  }

  async resume(): Promise<void> {
    await this.#command({ type: "resume" });
    if (this.#state === "paused") this.#state = "running";
  }

  async stop(): Promise<void> {
    await this.#command({ type: "stop" });
  }

  async setLearningRate(learningRate: number): Promise<void> {
    if (!(Number.isFinite(learningRate) && learningRate >= 0)) {
      throw new TabgradError(
        "argument",
        `setLearningRate: found ${learningRate}, expected a number of at least 0.`,
      );
    }
    await this.#command({ type: "setLearningRate", learningRate });
  }

  async keep(): Promise<void> {
    const { keepRun } = await later();
    const isOver = this.#state === "done" || this.#state === "failed";
    await keepRun({ run: this.#id, result: this.#result, options: this.#options, isOver });
  }

  // biome-ignore lint/suspicious/noThenProperty: a run is awaited like the promise that it stands for
  then: Run["then"] = (...args) => this.#result.then(...args);
  catch: Run["catch"] = (...args) => this.#result.catch(...args);
  finally: Run["finally"] = (...args) => this.#result.finally(...args);

  async #command(command: RunCommand): Promise<void> {
    if (this.#state === "done" || this.#state === "failed") return;
    const { commanded } = await later();
    await commanded(this.#id, this.#result, command);
  }
}
