import type { Dataset, DatasetPart, Preprocessing, ReadOptions, SubsetOptions } from "tabgrad";
import { count } from "../shared/format";
import type { Entry } from "./entry.svelte";
import { keptOf } from "./refinement";

/** A dataset, and which of the entry's samples it holds. */
export interface Part {
  data: Dataset;
  samples: Uint32Array;
}

/** Training and validation samples of an entry that is loaded, with its edits and its split, before any step. */
export async function cutParts(entry: Entry): Promise<[train: Part, validation: Part]> {
  const { train, test } = entry;
  if (!train) throw new Error(entry.problem);
  const first = await refined(entry, train, 0);
  const second = test ? await refined(entry, test, train.length) : undefined;
  return second && entry.ownSplit ? [first, second] : cut(entry, first, second);
}

/**
 * All samples of an entry that is loaded that are kept, with the classes they have now. `parts` says what each is
 * given for, where its test set came by itself and the samples do not say it.
 */
export async function keptSamples(entry: Entry): Promise<{ data: Dataset; parts?: DatasetPart[] }> {
  const { train, test } = entry;
  if (!train) throw new Error(entry.problem);
  const { data } = await refined(entry, train, 0);
  if (!test) return { data };
  const { data: held } = await refined(entry, test, train.length);
  const all = await data.concat(held);
  const parts = all.parts
    ? {}
    : { parts: Array.from({ length: all.length }, (_, i) => partAt(i, data.length)) };
  for (const part of [data, held]) release(entry, part);
  return { data: all, ...parts };
}

/** The part of a sample behind so many to train on. */
function partAt(sample: number, trained: number): DatasetPart {
  return sample < trained ? "train" : "test";
}

/** Frees what was made on the way; the entry's own parts stay. */
function release(entry: Entry, data: Dataset): void {
  if (data !== entry.train && data !== entry.test) data.dispose();
}

/** The samples of a part that are kept, with the classes they have now; itself if that is how it came. */
async function refined(entry: Entry, data: Dataset, offset: number): Promise<Part> {
  const { applied } = entry.refiner;
  const samples = keptOf(applied, offset, offset + data.length);
  if (samples.length === 0) {
    throw new Error(
      `All ${count(data.length)} samples of ${entry.name} ${offset > 0 ? "to test with" : "to train on"} are excluded. Include some on the Data place.`,
    );
  }
  const changed = samples.some((sample) => applied.relabelled[sample] === 1);
  const boxes = await changedBoxes(entry, data, offset, samples);
  if (samples.length === data.length && !changed && !boxes.boxes) return { data, samples };
  const indices = samples.map((sample) => sample - offset);
  const labels = changed ? { labels: samples.map((sample) => applied.labels[sample] as number) } : {};
  return { data: await data.subset(indices, { ...labels, ...boxes }), samples };
}

/** The boxes of these samples of a part as they are now, if some or their classes are others than they came with. */
async function changedBoxes(
  entry: Entry,
  part: Dataset,
  offset: number,
  samples: ArrayLike<number>,
): Promise<Pick<SubsetOptions, "boxes" | "boxClassNames">> {
  const { boxes, boxClasses } = entry.refiner.applied;
  const { boxClassNames } = entry;
  const all = Array.from(samples);
  if (!part.boxClassNames || !(boxClasses.length > 0 || all.some((sample) => boxes.has(sample)))) return {};
  const own = await part.boxes(all.map((sample) => sample - offset));
  return { boxClassNames, boxes: own.map((own, i) => boxes.get(all[i] as number) ?? own) };
}

/** Both parts as one, cut anew. */
async function cut(entry: Entry, first: Part, second: Part | undefined): Promise<[rest: Part, share: Part]> {
  const data = second ? await first.data.concat(second.data) : first.data;
  const samples = Uint32Array.from([...first.samples, ...(second?.samples ?? [])]);
  if (second) for (const part of [first, second]) release(entry, part.data);
  const { fraction, seed, stratified, grouped, fold } = entry.refiner.split;
  const { groups } = entry;
  const options =
    grouped && groups
      ? { seed, groups: samples.map((sample) => groups[sample] as number) }
      : { seed, stratified: stratified && data.classNames.length > 0 };
  const [rest, share] = fold
    ? without(await data.folds({ ...options, folds: fold.of }), fold.at)
    : await data.splitIndices({ ...options, fraction });
  const part = async (indices: Uint32Array) => ({
    data: await data.subset(indices),
    samples: indices.map((index) => samples[index] as number),
  });
  const parts: [Part, Part] = [await part(rest), await part(share)];
  release(entry, data);
  return parts;
}

/** All folds but one together, and that one. */
function without(folds: readonly Uint32Array[], at: number): [rest: Uint32Array, share: Uint32Array] {
  const rest = folds.flatMap((fold, i) => (i === at ? [] : Array.from(fold)));
  return [Uint32Array.from(rest).sort(), folds[at] ?? new Uint32Array()];
}

/** What the steps make of it, where someone chose others than it came with. */
export async function stepped(
  data: Dataset,
  steps: Preprocessing | undefined,
  follow?: ReadOptions,
): Promise<Dataset> {
  return steps ? data.prepare(steps, follow) : data;
}

/**
 * A few of an entry's samples as a training takes them, or after these steps; to be disposed of. They
 * may be of both parts.
 */
export async function preparedSamples(
  entry: Entry,
  samples: readonly number[],
  steps: Preprocessing | undefined = entry.refiner.applied.pipeline,
): Promise<Dataset> {
  const { train, test } = entry;
  if (!train) throw new Error(entry.problem);
  const parts: Dataset[] = [];
  for (const [part, offset] of [[train, 0] as const, [test, train.length] as const]) {
    const own = samples.filter((sample) => sample >= offset && sample < offset + (part?.length ?? 0));
    if (!part || own.length === 0) continue;
    const indices = own.map((sample) => sample - offset);
    parts.push(await part.subset(indices, await changedBoxes(entry, part, offset, own)));
  }
  const [some, more] = parts as [Dataset, Dataset?];
  const data = more ? await some.concat(more) : some;
  const prepared = await stepped(data, steps);
  for (const part of [...parts, data]) if (part !== prepared) part.dispose();
  return prepared;
}
