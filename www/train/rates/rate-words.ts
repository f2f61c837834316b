/** What a test of learning rates came to, in words. */
import type { LearningRateTest } from "tabgrad";
import { count, loss } from "../../shared/format";

/** Steps of a test. */
export const STEPS = 150;

/** How often a sample may be seen before what a test says is about these samples alone. */
const MOST_PASSES = 3;

/** 0.0042, 1e-6: as someone would type it, with as many digits as a test can tell. */
export function rateText(rate: number): string {
  const rounded = Number(rate.toPrecision(2));
  return rounded >= 1e-4 ? String(rounded) : rounded.toExponential();
}

/** The learning rates that are tested for an optimiser that usually begins with this one. */
export function testedRates(usual: number): { from: number; to: number } {
  const reach = 1000;
  // Powers of ten, so that the ends of the axis are round.
  return {
    from: 10 ** Math.floor(Math.log10(usual / reach)),
    to: 10 ** Math.ceil(Math.log10(usual * reach)),
  };
}

/** A test as it is drawn: rates rise, what is no number is left out. */
export interface RateCurve {
  rates: number[];
  losses: (number | null)[];
  smoothed: (number | null)[];
  /** To two digits. */
  suggestion: number | undefined;
  /** Whether the loss exploded before the last rate. */
  exploded: boolean;
}

/** The curve of a test whose optimiser got rates times this factor. */
export function rateCurve(test: LearningRateTest, factor: number, steps: number): RateCurve {
  const numbers = (values: readonly number[]) =>
    values.map((value) => (Number.isFinite(value) ? value : null));
  const { suggestion } = test;
  return {
    rates: test.learningRates.map((rate) => rate / factor),
    losses: numbers(test.losses),
    smoothed: numbers(test.smoothed),
    suggestion: suggestion === undefined ? undefined : Number((suggestion / factor).toPrecision(2)),
    exploded: test.losses.length < steps,
  };
}

/** What is to be learnt from it, and what to do. */
export function verdict({ rates, suggestion, exploded }: RateCurve): string {
  if (suggestion !== undefined) return `The loss falls fastest at ${rateText(suggestion)}.`;
  const [first = 0, last = 0] = [rates[0], rates.at(-1)];
  const range = `from ${rateText(first)} to ${rateText(last)}`;
  return exploded
    ? `The loss did not fall at any rate ${range}, where it exploded. Try another optimiser, or a network with normalisation.`
    : `The loss did not fall at any rate ${range}. See whether the classes can be told apart by these data, or try another network.`;
}

/** The curve for those who do not see it. */
export function described({ rates, smoothed, suggestion, exploded }: RateCurve): string {
  const values = smoothed.flatMap((value, i) =>
    value === null ? [] : [{ rate: rates[i] as number, value }],
  );
  const [first, last] = [values[0], values.at(-1)];
  if (!first || !last) return "Loss against the learning rate: no values";
  const least = values.reduce((best, one) => (one.value < best.value ? one : best));
  const at = ({ rate, value }: typeof first) => `${loss(value)} at ${rateText(rate)}`;
  return [
    `Loss against the learning rate: ${at(first)}`,
    ...(suggestion === undefined ? [] : [`fastest down at ${rateText(suggestion)}`]),
    `least ${at(least)}`,
    `${at(last)}${exploded ? ", where it exploded" : ""}`,
  ].join(", ");
}

/** What is to be said where a test sees the same few samples again and again; empty where it does not. */
export function fewText(samples: number, batchSize: number, steps: number, noun: string): string {
  const passes = (steps * Math.min(batchSize, samples)) / samples;
  return passes <= MOST_PASSES
    ? ""
    : `Only ${count(samples)} ${noun} to train on: each was seen ${count(passes)} times, so take the rate as a rough one.`;
}

/** The least and the most loss that is drawn: what explodes would flatten the rest. */
export function lossBounds({ losses, smoothed }: Pick<RateCurve, "losses" | "smoothed">): [number, number] {
  const [all, means] = [losses, smoothed].map((values) => values.filter((value) => value !== null));
  const first = means?.[0];
  if (!all || !means || first === undefined) return [0, 1];
  const low = Math.min(...all, ...means);
  // As far up as down, and no further than it went.
  const top = Math.min(Math.max(...means), first + (first - low));
  const room = 0.08 * (top - low) || 0.1 * Math.abs(low) || 1;
  return [low - Math.min(room, Math.abs(low)), top + room];
}
