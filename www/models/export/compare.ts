/** What a model loses by being written in fewer bits: both are asked about the same samples. */
import type { Dataset, Model } from "tabgrad";
import { accuracy, counted, measure } from "../../shared/format";

/** What came of it. */
export interface Loss {
  total: number;
  /** Answers that are others. */
  differ: number;
  before: number;
  after: number;
  /** Whether `before` and `after` are mean absolute errors, and not shares of right answers. */
  numbers: boolean;
}

/** Samples that are asked about at a time: so often it can be stopped. */
const AT_ONCE = 500;

export interface CompareOptions {
  signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

/** Asks both about every sample. */
export async function compare(
  before: Model,
  after: Model,
  dataset: Dataset,
  { signal, onProgress }: CompareOptions,
): Promise<Loss> {
  const classes = dataset.classNames.length > 0;
  const truth = classes ? await dataset.labels() : (await dataset.targets())?.data;
  if (!truth) throw new Error("The data have no answers to compare with.");
  const loss: Loss = { total: dataset.length, differ: 0, before: 0, after: 0, numbers: !classes };
  for (let from = 0; from < dataset.length; from += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, dataset.length - from) }, (_, i) => from + i);
    const some = await dataset.subset(indices);
    try {
      const [one, other] = await Promise.all(
        [before, after].map(async (model) => answersOf(await model.predict(some, { signal }), classes)),
      );
      indices.forEach((sample, i) => {
        const [a, b, right] = [one?.[i] as number, other?.[i] as number, truth[sample] as number];
        // Numbers differ in their last digits by any change: what counts is what is shown of them.
        if (classes ? a !== b : measure(a) !== measure(b)) loss.differ += 1;
        loss.before += classes ? Number(a === right) : Math.abs(a - right);
        loss.after += classes ? Number(b === right) : Math.abs(b - right);
      });
    } finally {
      some.dispose();
    }
    signal.throwIfAborted();
    onProgress(from + indices.length, dataset.length);
  }
  return { ...loss, before: loss.before / loss.total, after: loss.after / loss.total };
}

/** The class or the number of each sample. */
function answersOf(
  { data, shape }: { data: ArrayLike<number>; shape: readonly number[] },
  classes: boolean,
): number[] {
  const [samples = 0] = shape;
  const width = data.length / Math.max(samples, 1);
  return Array.from({ length: samples }, (_, sample) => {
    if (!classes) return data[sample * width] as number;
    if (width === 1) return Number((data[sample] as number) > 0.5);
    let best = 0;
    for (let i = 1; i < width; i++) {
      if ((data[sample * width + i] as number) > (data[sample * width + best] as number)) best = i;
    }
    return best;
  });
}

/** "99.52% in place of 99.53%, 3 of 10,000 answers differ" */
export function inWords({ total, differ, before, after, numbers }: Loss): string {
  const [now, then] = numbers
    ? [`±${measure(after)}`, `±${measure(before)}`]
    : [accuracy(after, total), accuracy(before, total)];
  const same = now === then ? `${now}, as before` : `${now} in place of ${then}`;
  if (differ === 0) return `${same}, and none of ${counted(total, "answer")} differs`;
  const share = `${differ.toLocaleString("en")} of ${counted(total, "answer")}`;
  return `${same}, ${share} ${differ === 1 ? "differs" : "differ"}`;
}
