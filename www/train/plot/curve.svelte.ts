/**
 * Points of one run, as they are drawn: positions in epochs, `null` where not measured. `measure` is the
 * accuracy, or the mean absolute error of numbers.
 */
export interface CurvePoints {
  at: number[];
  loss: (number | null)[];
  measure: (number | null)[];
  valLoss: (number | null)[];
  valMeasure: (number | null)[];
}

export interface Mark {
  at: number;
  text: string;
}

/** A curve as it can be kept, or sent to another tab. */
export interface CurveState {
  points: CurvePoints;
  marks: Mark[];
  best: number | undefined;
  before: Means;
  least: number;
}

/** Running means of an epoch, and over how many batches. */
interface Means {
  epoch: number;
  batches: number;
  loss: number;
  measure: number;
}

const MOST_POINTS = 1200;

function nothing(): CurvePoints {
  return { at: [], loss: [], measure: [], valLoss: [], valMeasure: [] };
}

/** The curve of the run; old points are thinned when there are too many. */
export class Curve {
  points = $state.raw<CurvePoints>(nothing());
  marks = $state.raw<Mark[]>([]);
  best = $state<number | undefined>();
  /** At the last point. */
  #before: Means = { epoch: -1, batches: 0, loss: 0, measure: 0 };
  #least = Number.POSITIVE_INFINITY;

  /**
   * Training at `epoch` and a share of it: `batches` of this epoch are through, with these running
   * means. Drawn is the mean since the last point: less noise than one batch has, and no memory of
   * the epoch's beginning.
   */
  training(at: number, epoch: number, batches: number, loss: number, measure: number): void {
    const before = this.#before.epoch === epoch ? this.#before : { batches: 0, loss: 0, measure: 0 };
    const count = batches - before.batches;
    if (count <= 0) return;
    const since = (now: number, then: number) => (now * batches - then * before.batches) / count;
    this.#push(at, since(loss, before.loss), since(measure, before.measure), null, null);
    this.#before = { epoch, batches, loss, measure };
    if (this.points.at.length > MOST_POINTS) this.#thin();
  }

  /** An epoch is through, which is the best where `watched` is the smallest so far. */
  epoch(at: number, valLoss: number | undefined, valMeasure: number | undefined, watched = valLoss): void {
    this.#push(at, null, null, valLoss ?? null, valMeasure ?? null);
    if (watched !== undefined && watched < this.#least) {
      this.#least = watched;
      this.best = at;
    }
  }

  mark(at: number, text: string): void {
    this.marks = [...this.marks, { at, text }];
  }

  get state(): CurveState {
    const { points, marks, best } = this;
    return { points, marks, best, before: this.#before, least: this.#least };
  }

  /** Becomes what another was. */
  restore({ points, marks, best, before, least }: CurveState): void {
    this.points = points;
    this.marks = marks;
    this.best = best;
    this.#before = before;
    this.#least = least;
  }

  #push(
    at: number,
    loss: number | null,
    measure: number | null,
    valLoss: number | null,
    valMeasure: number | null,
  ) {
    const p = this.points;
    p.at.push(at);
    p.loss.push(loss);
    p.measure.push(measure);
    p.valLoss.push(valLoss);
    p.valMeasure.push(valMeasure);
    this.points = { ...p };
  }

  /** Joins neighbouring training points in pairs; validation points stay. */
  #thin(): void {
    const old = this.points;
    const next = nothing();
    for (let i = 0; i < old.at.length; i++) {
      const pair = old.loss[i] !== null && old.loss[i + 1] !== null && i + 1 < old.at.length;
      const j = pair ? i + 1 : i;
      next.at.push(old.at[j] as number);
      next.loss.push(mean(old.loss[i], old.loss[j]));
      next.measure.push(mean(old.measure[i], old.measure[j]));
      next.valLoss.push(old.valLoss[j] ?? null);
      next.valMeasure.push(old.valMeasure[j] ?? null);
      i = j;
    }
    this.points = next;
  }
}

/** The curve that was kept or sent. */
export function restored(state: CurveState): Curve {
  const curve = new Curve();
  curve.restore(state);
  return curve;
}

function mean(a: number | null | undefined, b: number | null | undefined): number | null {
  return typeof a === "number" && typeof b === "number" ? (a + b) / 2 : null;
}
