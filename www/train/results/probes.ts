import type { Dataset, Model, Sample } from "tabgrad";
import { spread } from "../../data/entry.svelte";
import { EXCERPT } from "../../shared/look";

export const PROBES = 24;

/** Of samples to be answered by a number, which are dots. */
export const DOTS = 300;

/** Test images to watch: as many of each class as there is room for. */
export async function chooseProbes(dataset: Dataset): Promise<Sample[]> {
  const labels = await dataset.labels();
  const byClass = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    const same = byClass.get(label) ?? [];
    if (same.length < PROBES) byClass.set(label, [...same, i]);
  }
  // One of each class in turn, until there are enough.
  const chosen: number[] = [];
  for (let turn = 0; turn < PROBES; turn++) {
    for (const same of byClass.values()) {
      const index = same[turn];
      if (index !== undefined && chosen.length < PROBES) chosen.push(index);
    }
  }
  const indices = labels.length > 0 ? chosen : spread(dataset.length, DOTS);
  const ordered = indices.sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0));
  return dataset.samples(ordered, { textLength: EXCERPT });
}

/** The class the model gives to each of them, or the number where it says one. */
export async function askProbes(model: Model, probes: readonly Sample[]): Promise<number[]> {
  const first = probes[0];
  if (!first) return [];
  const size = first.data.length;
  const data =
    first.data instanceof Uint8Array
      ? new Uint8Array(probes.length * size)
      : new Float32Array(probes.length * size);
  probes.forEach((probe, i) => {
    data.set(probe.data, i * size);
  });
  const output = await model.predict({ data, shape: [probes.length, ...first.shape] });
  const classes = output.shape[1] ?? 1;
  return probes.map((_, i) => {
    const row = output.data.subarray(i * classes, (i + 1) * classes);
    return classes === 1 ? (row[0] as number) : row.indexOf(Math.max(...row));
  });
}
