/** What an evaluation of a network that estimates numbers found. */
import type { Dataset, Model } from "tabgrad";
import { momentsOf } from "../../data/answer";

export interface EstimateReport {
  total: number;
  /** Of it, what is shown where it is wished for, by the package's names. */
  logs: Readonly<Record<string, number>>;
  /** In the unit of the targets. */
  rmse: number;
  mae: number;
  /** The share of the targets' variance that is explained; below 0 for one worse than their mean. */
  r2: number;
  /** The standard deviation of the targets, which is the error of always saying their mean. */
  spread: number;
  targets: ArrayLike<number>;
  estimates: ArrayLike<number>;
}

/** What a model estimates of each sample, beside what is right. */
export async function estimate(model: Model, dataset: Dataset): Promise<EstimateReport> {
  const targets = (await dataset.targets())?.data ?? new Float32Array();
  const { data: estimates } = await model.predict(dataset, { batchSize: 256 });
  return reportOf(targets, estimates);
}

export function reportOf(targets: ArrayLike<number>, estimates: ArrayLike<number>): EstimateReport {
  const total = targets.length;
  let [squares, absolute] = [0, 0];
  for (let i = 0; i < total; i++) {
    const off = (estimates[i] as number) - (targets[i] as number);
    squares += off ** 2;
    absolute += Math.abs(off);
  }
  const { deviation } = momentsOf(targets);
  const r2 = deviation > 0 ? 1 - squares / total / deviation ** 2 : Number.NaN;
  return {
    total,
    logs: { meanSquaredError: squares / total },
    rmse: Math.sqrt(squares / total),
    mae: absolute / total,
    r2,
    spread: deviation,
    targets,
    estimates,
  };
}

/** All samples, those that are furthest off first. */
export function furthestOff({ targets, estimates, total }: EstimateReport): number[] {
  const off = (i: number) => Math.abs((estimates[i] as number) - (targets[i] as number));
  return Array.from({ length: total }, (_, i) => i).sort((a, b) => off(b) - off(a));
}
