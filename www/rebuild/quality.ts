/** How much pictures of bytes are like others, and what a filter makes of them. */

/** Of the mean squared error of values from 0 to 1: the peak signal-to-noise ratio, in decibels. */
export function decibels(squaredError: number): number {
  return -10 * Math.log10(squaredError);
}

/** The mean squared difference, of values from 0 to 1. */
export function squaredError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum / a.length / 255 ** 2;
}

/** The peak signal-to-noise ratio of all of them together, in decibels; infinite where they are the same. */
export function likeness(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return decibels(squaredError(a, b));
}

/** "21.3 dB". */
export function inDecibels(ratio: number): string {
  if (ratio === Number.POSITIVE_INFINITY) return "the same";
  return Number.isFinite(ratio) ? `${ratio.toFixed(1)} dB` : "–";
}

/** Numbers from 0 to 1 as bytes. */
export function toBytes(values: ArrayLike<number>): Uint8ClampedArray {
  const bytes = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = 255 * (values[i] as number);
  return bytes;
}

/**
 * Each value replaced by the median of the 3 × 3 around it in its channel; at the borders the outermost rows and columns
 * count twice. The usual way to take noise out without learning anything.
 */
export function medianFiltered(
  pixels: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
): Uint8ClampedArray {
  const filtered = new Uint8ClampedArray(pixels.length);
  const near = new Uint8Array(9);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let i = 0; i < 9; i++) {
          const row = Math.min(height - 1, Math.max(0, y + Math.floor(i / 3) - 1));
          const column = Math.min(width - 1, Math.max(0, x + (i % 3) - 1));
          insert(near, i, pixels[(row * width + column) * channels + channel] as number);
        }
        filtered[(y * width + x) * channels + channel] = near[4] as number;
      }
    }
  }
  return filtered;
}

/** Puts a value among the first `length`, which are sorted. */
function insert(sorted: Uint8Array, length: number, value: number): void {
  let at = length;
  while (at > 0 && (sorted[at - 1] as number) > value) {
    sorted[at] = sorted[at - 1] as number;
    at -= 1;
  }
  sorted[at] = value;
}
