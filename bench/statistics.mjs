// Numbers out of repeated measurements.

/** The middle one, the least and the largest. */
export function summaryOf(values) {
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) };
}

export function medianOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How many times as good one result is as another: rates are to be large, times and sizes small. Rounds are
 * compared one by one where both have all of them.
 */
export function ratio(one, other) {
  const paired = one.values.length === other.values.length;
  const quotient = paired
    ? medianOf(one.values.map((value, round) => value / other.values[round]))
    : one.median / other.median;
  return one.unit === "images/s" ? quotient : 1 / quotient;
}
