/** Gaussian noise for pictures of bytes, the same for a seed wherever it is made. */

/** Into so many equal shares the normal distribution is cut; a random number chooses one. */
const SHARES = 1 << 16;

let table: Float32Array | undefined;

/** The middle of each share, rising. */
function quantiles(): Float32Array {
  table ??= Float32Array.from({ length: SHARES }, (_, i) => quantile((i + 0.5) / SHARES));
  return table;
}

const CENTRE = {
  over: [
    -39.6968302866538, 220.946098424521, -275.928510446969, 138.357751867269, -30.6647980661472,
    2.50662827745924,
  ],
  under: [-54.4760987982241, 161.585836858041, -155.698979859887, 66.8013118877197, -13.2806815528857, 1],
};
const TAIL = {
  over: [
    -0.00778489400243029, -0.322396458041136, -2.40075827716184, -2.54973253934373, 4.37466414146497,
    2.93816398269878,
  ],
  under: [0.00778469570904146, 0.32246712907004, 2.445134137143, 3.75440866190742, 1],
};

/** Where the normal distribution has this share below: Acklam's rational approximation, within 1e-9 of it. */
export function quantile(share: number): number {
  const value = (factors: readonly number[], x: number) =>
    factors.reduce((sum, factor) => sum * x + factor, 0);
  const edge = 0.02425;
  if (share < edge || share > 1 - edge) {
    const x = Math.sqrt(-2 * Math.log(Math.min(share, 1 - share)));
    const low = value(TAIL.over, x) / value(TAIL.under, x);
    return share < edge ? low : -low;
  }
  const x = share - 0.5;
  return (x * value(CENTRE.over, x * x)) / value(CENTRE.under, x * x);
}

/** A number that no neighbouring seeds share: murmur's last steps. */
export function mixed(...numbers: number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** Numbers of the normal distribution. */
export function normals(count: number, seed: number): Float32Array {
  const next = normalsOf(seed);
  return Float32Array.from({ length: count }, next);
}

/** One after the other. */
function normalsOf(seed: number): () => number {
  const normal = quantiles();
  // A state of 0 would stay 0.
  let state = mixed(seed) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return normal[state >>> 16] as number;
  };
}

/**
 * The picture with noise whose standard deviation is this share of the way from black to white. What would be darker
 * than black or lighter than white is cut off, as in any picture. Of one seed, more noise is the same pattern, stronger.
 */
export function withNoise(
  pixels: Uint8Array,
  level: number,
  seed: number,
  into: Uint8ClampedArray = new Uint8ClampedArray(pixels.length),
): Uint8ClampedArray {
  if (level === 0) {
    into.set(pixels);
    return into;
  }
  const next = normalsOf(seed);
  const scale = 255 * level;
  for (let i = 0; i < pixels.length; i++) into[i] = (pixels[i] as number) + scale * next();
  return into;
}
