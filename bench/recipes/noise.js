// Noise on pictures, and what filters make of it.

/** Gaussian noise of this deviation, the same each time (Box and Muller). */
export function noisy(pixels, deviation, seed) {
  let state = seed >>> 0 || 1;
  const uniform = () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state + 0.5) / 2 ** 32;
  };
  return pixels.map((x) => {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    return x + deviation * radius * Math.cos(2 * Math.PI * uniform());
  });
}

/** Peak signal-to-noise ratio in decibels, of pixels from 0 to 1. */
export const psnr = (found, clean) => {
  let sum = 0;
  for (let i = 0; i < clean.length; i += 1) sum += (Math.min(1, Math.max(0, found[i])) - clean[i]) ** 2;
  return -10 * Math.log10(sum / clean.length);
};

/** Pictures of 28x28, each pixel by its neighbourhood. */
function filtered(pictures, pixel) {
  const result = new Float32Array(pictures.length);
  for (let base = 0; base < pictures.length; base += 784) {
    for (let y = 0; y < 28; y += 1) {
      for (let x = 0; x < 28; x += 1) {
        const at = (row, column) =>
          pictures[base + Math.min(27, Math.max(0, row)) * 28 + Math.min(27, Math.max(0, column))];
        result[base + y * 28 + x] = pixel(at, y, x);
      }
    }
  }
  return result;
}

const median = (side) => (at, y, x) => {
  const seen = [];
  for (let i = -side; i <= side; i += 1) for (let j = -side; j <= side; j += 1) seen.push(at(y + i, x + j));
  return seen.sort((a, b) => a - b)[seen.length >> 1];
};

const gaussian = (sigma) => (at, y, x) => {
  let [sum, weights] = [0, 0];
  for (let i = -5; i <= 5; i += 1) {
    for (let j = -5; j <= 5; j += 1) {
      const weight = Math.exp(-(i * i + j * j) / (2 * sigma * sigma));
      sum += weight * at(y + i, x + j);
      weights += weight;
    }
  }
  return sum / weights;
};

/** The best ratio that median filters of 3x3 and 5x5 and Gaussian ones of five widths reach. */
export function bestFilter(seen, clean) {
  const pixels = [median(1), median(2), ...[0.6, 0.8, 1, 1.2, 1.5].map((sigma) => gaussian(sigma))];
  return Math.max(...pixels.map((pixel) => psnr(filtered(seen, pixel), clean)));
}
