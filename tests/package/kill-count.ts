/** Counts what kills did to runs, by what their pages told. */

/** The next batch of a run. */
export interface Position {
  epoch: number;
  batch: number;
}

/** What a page tells, in its order. */
export type Told =
  | { what: "begun"; value: Beginning }
  | { what: "keeping" }
  | { what: "kept"; value: Position & { bytes: number } }
  | { what: "end" | "failed"; value: string }
  | { what: "over"; value: number };

/** How a run begins in a page. */
export interface Beginning {
  /** Where it goes on; missing where it begins anew. */
  from?: Position;
  /** Why not from a later state, if there was one. */
  damaged?: string;
  /** Where the run had ended that was found finished. */
  finished?: Position;
}

/** What kills did to runs, one after the other, of which each should end as `reference`. */
export class KillCount {
  kills = 0;
  /** Kills while a state was being written. */
  writing = 0;
  /** How often a run went on. */
  resumed = 0;
  /** How often one began anew, after the end of another or before its first state was kept. */
  anew = 0;
  /** Runs that went on before a state that was reported as kept, or anew instead. */
  lost = 0;
  /** States that were not what was written. */
  damaged = 0;
  /** Runs that ended. */
  runs = 0;
  /** Those that ended as the reference. */
  equal = 0;
  /** The size of the largest state. */
  bytes = 0;
  #reference: string;
  #kept: Position | undefined;
  #keeping = false;

  constructor(reference: string) {
    this.#reference = reference;
  }

  /** Takes what the present page told. */
  hear(told: Told): void {
    switch (told.what) {
      case "begun":
        this.#begin(told.value);
        return;
      case "keeping":
        this.#keeping = true;
        return;
      case "kept":
        this.#keep(told.value);
        return;
      case "end":
        this.runs += 1;
        if (told.value === this.#reference) this.equal += 1;
        this.#kept = undefined;
        this.#keeping = false;
    }
  }

  /** The present page was killed, and the run was not through. */
  kill(): void {
    this.kills += 1;
    if (this.#keeping) this.writing += 1;
    this.#keeping = false;
  }

  #begin({ from, damaged, finished }: Beginning): void {
    if (from) this.resumed += 1;
    else this.anew += 1;
    if (damaged !== undefined) this.damaged += 1;
    // A page that was killed at its run's end has not told that, and the next run begins anew.
    this.#requireKept(from ?? finished);
    this.#kept = from;
    this.#keeping = false;
  }

  #keep({ epoch, batch, bytes }: Position & { bytes: number }): void {
    // A run that has gone back, whatever was told of its beginning.
    this.#requireKept({ epoch, batch });
    this.#kept = { epoch, batch };
    this.#keeping = false;
    this.bytes = Math.max(this.bytes, bytes);
  }

  #requireKept(found: Position | undefined): void {
    if (this.#kept && !(found && !before(found, this.#kept))) this.lost += 1;
  }
}

const before = (a: Position, b: Position) => a.epoch < b.epoch || (a.epoch === b.epoch && a.batch < b.batch);
