/** Where the axis of a plot is marked, and with what. */

/** Whole epochs, at most eleven of them. */
export function epochTicks(epochs: number): number[] {
  const step = Math.max(1, Math.ceil(epochs / 10));
  return Array.from({ length: Math.floor(epochs / step) + 1 }, (_, i) => i * step);
}

/** Many have no room for the word; the last says what all are. */
export function epochLabel(epoch: number, place: number, of: number): string {
  if (epoch === 0) return "start";
  return of <= 6 || place === of - 1 ? `epoch ${epoch}` : String(epoch);
}

/** The powers of ten from one number to another, at most so many of them, evenly. */
export function powers(from: number, to: number, most: number): number[] {
  // A hair wider: logarithms of powers of ten are not always whole.
  const [low, high] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
  const step = Math.max(1, Math.ceil((high - low + 1) / most));
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => Number(`1e${low + i * step}`));
}
