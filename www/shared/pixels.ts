import { type Rgb, viridis } from "./colors";

/** Values of one image, [height, width] or [height, width, channels], row by row. */
export interface Pixels {
  data: ArrayLike<number>;
  height: number;
  width: number;
  channels: number;
}

const RAMP: readonly Rgb[] = Array.from({ length: 256 }, (_, i) => viridis(i / 255));

/** Paints samples as they are: one pixel a value, unsmoothed. */
export function paintSample(canvas: HTMLCanvasElement, image: Pixels): void {
  const { width, height } = image;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d")?.putImageData(toImageData(image), 0, 0);
}

/** An image as it can be painted. Bytes keep their own scale; floats are stretched to what they hold. */
export function toImageData(image: Pixels): ImageData {
  const { width, height, channels, data } = image;
  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  const [low, high] = bytes ? [0, 255] : range(data);
  const target = new ImageData(width, height);
  const scale = high > low ? 255 / (high - low) : 0;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = data[i * channels + (channels >= 3 ? c : 0)] as number;
      target.data[i * 4 + c] = (value - low) * scale;
    }
    target.data[i * 4 + 3] = 255;
  }
  return target;
}

/** What is heard when as a picture: moments from left to right, bands from low below to high above, in viridis. */
export function spectrogram({ data, height: moments, width: bands }: Pixels): Pixels {
  const [low, high] = range(data);
  const scale = high > low ? 255 / (high - low) : 0;
  const pixels = new Uint8Array(moments * bands * 3);
  for (let moment = 0; moment < moments; moment++) {
    for (let band = 0; band < bands; band++) {
      const step = Math.round(((data[moment * bands + band] as number) - low) * scale);
      pixels.set(RAMP[step] as Rgb, ((bands - 1 - band) * moments + moment) * 3);
    }
  }
  return { data: pixels, height: bands, width: moments, channels: 3 };
}

/** Paints one channel of feature maps in viridis; `high` is shared so that maps compare. */
export function paintMap(
  canvas: HTMLCanvasElement,
  maps: Pixels,
  channel: number,
  low: number,
  high: number,
): void {
  const { width, height, channels, data } = maps;
  const target = prepare(canvas, width, height);
  const scale = high > low ? 255 / (high - low) : 0;
  for (let i = 0; i < width * height; i++) {
    const step = Math.round(((data[i * channels + channel] ?? low) - low) * scale);
    const color = RAMP[Math.min(255, Math.max(0, step))] as Rgb;
    target.data.set([color[0], color[1], color[2], 255], i * 4);
  }
  canvas.getContext("2d")?.putImageData(target, 0, 0);
}

export function range(values: ArrayLike<number>): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

function prepare(canvas: HTMLCanvasElement, width: number, height: number): ImageData {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return new ImageData(width, height);
}
