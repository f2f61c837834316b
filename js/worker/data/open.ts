/** Work that takes several calls. */
import { TabgradError } from "../../errors.js";

/** What is being worked on, by numbers. */
export class Open<T> {
  #entries = new Map<number, T>();
  #last = 0;
  #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  add(entry: T): number {
    this.#last += 1;
    this.#entries.set(this.#last, entry);
    return this.#last;
  }

  get(id: number): T {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new TabgradError("internal", `The ${this.#what} was lost.`);
    return entry;
  }

  take(id: number): T {
    const entry = this.get(id);
    this.#entries.delete(id);
    return entry;
  }
}
