/** Round numbers from `low` to `high`, about `most` of them: steps of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, most: number): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / most));
  const step = power * ([1, 2, 5].find((factor) => span / (factor * power) <= most) ?? 10);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  // Multiples, not sums: those would gather errors.
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
