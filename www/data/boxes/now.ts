/** What there is to say of boxes as they are now: some were changed, and some are of samples that are left out. */
import type { BoxReport } from "../../shared/boxes";
import type { PlainBox } from "./places";

/** What is wrong with the boxes of a sample. */
export type Wrong = Required<Pick<BoxReport, "tiny" | "duplicates">>;

/** A sample whose boxes do not count as they came. */
export interface Change {
  before: readonly Pick<PlainBox, "name">[];
  /** Those that it has instead, unless they are the same. */
  now?: readonly PlainBox[] | undefined;
  excluded: boolean;
  /** What is wrong with those that it has now, once that is known. */
  wrong?: Wrong | undefined;
}

/**
 * A report on boxes after these changes, by sample, of these classes and those that it has. Samples that are excluded
 * do not count, and what is wrong with them stays, so that they can be included again.
 */
export function reportNow(
  read: BoxReport,
  classNames: readonly string[],
  changes: ReadonlyMap<number, Change>,
): BoxReport & Wrong {
  const none = (name: string) => ({ name, boxes: 0, samples: 0 });
  const counts = new Map(classNames.map((name) => [name, none(name)]));
  for (const of of read.classes) counts.set(of.name, { ...of });
  const add = (boxes: Change["before"], by: number) => {
    for (const { name } of boxes) (counts.get(name) ?? none(name)).boxes += by;
    for (const name of new Set(boxes.map(({ name }) => name))) (counts.get(name) ?? none(name)).samples += by;
  };
  for (const { before, now, excluded } of changes.values()) {
    add(before, -1);
    if (!excluded) add(now ?? before, 1);
  }
  const changed = [...changes].filter(([, { now }]) => now);
  const wrong = changed.map(([, { wrong }]) => wrong ?? { tiny: [], duplicates: [] });
  const asItCame = (sample: number) => changes.get(sample)?.now === undefined;
  const emptied = changed.filter(([, { now }]) => now?.length === 0).map(([sample]) => sample);
  const classes = [...counts.values()];
  return {
    ...read,
    classes,
    count: classes.reduce((sum, { boxes }) => sum + boxes, 0),
    empty: [...read.empty.filter(asItCame), ...emptied].sort((a, b) => a - b),
    unannotated: read.unannotated.filter(asItCame),
    tiny: [
      ...(read.tiny ?? []).filter(({ sample }) => asItCame(sample)),
      ...wrong.flatMap(({ tiny }) => tiny),
    ],
    duplicates: [
      ...(read.duplicates ?? []).filter(({ sample }) => asItCame(sample)),
      ...wrong.flatMap(({ duplicates }) => duplicates),
    ],
  };
}

/** A report with the numbers that samples have here; those that are not here are left out. */
export function renumbered(read: BoxReport, place: (number: number) => number | undefined): BoxReport {
  const here = (samples: readonly number[]) =>
    samples.map(place).filter((sample): sample is number => sample !== undefined);
  const moved = <T extends { sample: number }>(found: readonly T[] = []) =>
    found.flatMap((one) => here([one.sample]).map((sample) => ({ ...one, sample })));
  return {
    ...read,
    empty: here(read.empty),
    unannotated: here(read.unannotated),
    tiny: moved(read.tiny),
    duplicates: moved(read.duplicates),
  };
}
