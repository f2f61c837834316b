import { codeOf, explain } from "../shared/problem";

/** Does one thing at a time: of what is asked for meanwhile the last is done right after, and the rest is not. */
export class Latest {
  problem = $state("");
  #next: (() => Promise<void>) | undefined;
  #busy = false;

  ask(action: () => Promise<void>): void {
    this.#next = action;
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#next) {
      // At most once a frame: what is not painted need not be computed.
      await new Promise(requestAnimationFrame);
      const action = this.#next;
      this.#next = undefined;
      try {
        await action?.();
        this.problem = "";
      } catch (error) {
        // A model that was replaced meanwhile is no news: the one in its place is asked next.
        if (codeOf(error) !== "disposed") this.problem = explain(error);
      }
    }
    this.#busy = false;
  }
}
