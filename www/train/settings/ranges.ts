/** Which numbers a setting may have, and how that is said of one that it may not have. */
import { count } from "../../shared/format";

export interface Range {
  from?: number;
  above?: number;
  to?: number;
  below?: number;
  whole?: boolean;
  /** One that makes sense, where the bounds do not say it. */
  such?: number;
}

/** From 0 to below 1, such as what a mean keeps of itself. */
export const share: Range = { from: 0, below: 1 };

export const positive: Range = { above: 0 };

export const notNegative: Range = { from: 0 };

export function fits(value: unknown, range: Range): boolean {
  const { from, above, to, below, whole } = range;
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if (whole && !Number.isSafeInteger(value)) return false;
  return (
    value >= (from ?? Number.NEGATIVE_INFINITY) &&
    value > (above ?? Number.NEGATIVE_INFINITY) &&
    value <= (to ?? Number.POSITIVE_INFINITY) &&
    value < (below ?? Number.POSITIVE_INFINITY)
  );
}

/** What is wrong with a number, in words; empty if nothing is. */
export function problemOf(value: unknown, range: Range): string {
  return fits(value, range) ? "" : `Expected ${range.whole ? "a whole number" : "a number"} ${said(range)}.`;
}

/** "above 0 and below 1, such as 0.9" */
export function said({ from, above, to, below, such }: Range): string {
  const low = above === undefined ? `from ${text(from ?? 0)}` : `above ${text(above)}`;
  const most = to === undefined ? "" : above === undefined ? ` to ${text(to)}` : ` and at most ${text(to)}`;
  const less =
    below === undefined ? "" : above === undefined ? ` to below ${text(below)}` : ` and below ${text(below)}`;
  return `${low}${most}${less}${such === undefined ? "" : `, such as ${such}`}`;
}

const text = (bound: number) => (Number.isInteger(bound) ? count(bound) : String(bound));
