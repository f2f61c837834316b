import { type Dataset, type DatasetPart, data, type StoredDataset } from "tabgrad";
import { counted, when } from "../shared/format";
import type { Parts, Source } from "./entry.svelte";

/** Stays the same when it gets another name. */
export const storedId = ({ created }: StoredDataset) => `stored:${created}`;

/** A dataset that the package keeps. */
export function storedSource(stored: StoredDataset): Source {
  return {
    id: storedId(stored),
    name: stored.name,
    kind: "stored",
    bytes: stored.bytes,
    about: `${counted(stored.samples, "sample")}, added ${when(new Date(stored.created))}`,
    read: async (_, name) => partsOf(await data.open(name)),
  };
}

/** Training and test samples, where folders told them apart; a validation part counts as what is tested with. */
export async function partsOf(dataset: Dataset): Promise<Parts> {
  const { parts, report } = dataset;
  if (!parts || parts.train === 0 || parts.validation + parts.test === 0) return { train: dataset, report };
  const train = await dataset.part("train");
  const held: DatasetPart[] = (["validation", "test"] as const).filter((part) => parts[part] > 0);
  const [test, more] = (await Promise.all(held.map((part) => dataset.part(part)))) as [Dataset, Dataset?];
  const numbers = await Promise.all((["train", ...held] as const).map((part) => dataset.partIndices(part)));
  const order = Uint32Array.from(numbers.flatMap((indices) => Array.from(indices)));
  return { train, test: more ? await test.concat(more) : test, report, order };
}
