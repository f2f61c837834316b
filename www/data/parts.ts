import type { Dataset } from "tabgrad";
import { count } from "../shared/format";
import type { Entry, Prepared } from "./entry.svelte";
import { keptOf } from "./refinement";

/** A dataset, and which of the entry's samples it holds. */
interface Part {
  data: Dataset;
  samples: Uint32Array;
}

/** Training and validation samples of an entry that is loaded, with the edits, the split and the steps it has now. */
export async function prepareParts(entry: Entry): Promise<Prepared> {
  const { train, test } = entry;
  if (!train) throw new Error(entry.problem);
  const first = await refined(entry, train, 0);
  const second = test ? await refined(entry, test, train.length) : undefined;
  const [rest, share] = second && entry.ownSplit ? [first, second] : await cut(entry, first, second);
  return {
    train: await stepped(entry, rest),
    validation: await stepped(entry, share),
    tested: share.samples,
  };
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
  if (samples.length === data.length && !changed) return { data, samples };
  const indices = samples.map((sample) => sample - offset);
  const labels = changed ? { labels: samples.map((sample) => applied.labels[sample] as number) } : {};
  return { data: await data.subset(indices, labels), samples };
}

/** Both parts as one, cut anew. */
async function cut(entry: Entry, first: Part, second: Part | undefined): Promise<[rest: Part, share: Part]> {
  const data = second ? await first.data.concat(second.data) : first.data;
  const samples = Uint32Array.from([...first.samples, ...(second?.samples ?? [])]);
  if (second) for (const part of [first, second]) release(entry, part.data);
  const { fraction, seed, stratified } = entry.refiner.split;
  const options = { fraction, seed, stratified: stratified && data.classNames.length > 0 };
  const [rest, share] = await data.splitIndices(options);
  const part = async (indices: Uint32Array) => ({
    data: await data.subset(indices),
    samples: indices.map((index) => samples[index] as number),
  });
  const parts: [Part, Part] = [await part(rest), await part(share)];
  release(entry, data);
  return parts;
}

/** What the steps make of it, where someone chose others than it came with. */
async function stepped(entry: Entry, { data }: Part): Promise<Dataset> {
  const { pipeline } = entry.refiner.applied;
  if (!pipeline) return data;
  const prepared = await data.prepare(pipeline);
  release(entry, data);
  return prepared;
}
