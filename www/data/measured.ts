import type { Preprocessing } from "tabgrad";
import { count } from "../shared/format";
import { type Entry, spread } from "./entry.svelte";
import { preparedSamples } from "./parts";
import { affineOf, Statistics, type Step } from "./pipeline";

/** More samples change the fourth digit at most. */
const MOST_SAMPLES = 10_000;
const AT_ONCE = 500;

/**
 * Mean and standard deviation of each channel over the training part, after the steps of pictures and
 * those before of numbers. `tell` hears how far it is.
 */
export async function measured(
  entry: Entry,
  image: NonNullable<Preprocessing["image"]>,
  before: readonly Step[],
  tell: (text: string) => void,
): Promise<{ mean: number[]; std: number[] }> {
  const [train] = await entry.cut();
  const samples = spread(train.samples.length, MOST_SAMPLES).map((i) => train.samples[i] as number);
  let [statistics, channels] = [new Statistics(1), 1];
  for (let done = 0; done < samples.length; done += AT_ONCE) {
    tell(`${count(done)} of ${count(samples.length)} samples`);
    const some = samples.slice(done, done + AT_ONCE);
    const part = await preparedSamples(entry, some, { image, numeric: [] });
    if (done === 0) {
      channels = part.shape.length > 2 ? (part.shape[2] as number) : 1;
      statistics = new Statistics(channels);
    }
    for (const { data } of await part.samples(some.map((_, i) => i))) statistics.add(data);
    part.dispose();
  }
  return statistics.after(affineOf(before, channels));
}
