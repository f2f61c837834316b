import type { Sample } from "tabgrad";
import { cssColor } from "../../shared/colors";
import { toImageData } from "../../shared/pixels";
import { explain } from "../../shared/problem";

/** Pixels of the longest side that is kept of a sample. */
const SIDE = 112;
/** Bytes of pictures that are kept; those that came first go first. */
const MOST_BYTES = 48_000_000;
/** Numbers that are asked for at once, and in how many questions. */
const BATCH_NUMBERS = 1_000_000;
const BATCH_MOST = 128;
const QUESTIONS = 2;

/** Where the picture of a sample is. */
export interface Thumb {
  from: CanvasImageSource;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Pictures of samples, fetched when they come into view. */
export class Thumbs {
  /** Grows when pictures have come. */
  version = $state(0);
  problem = $state("");
  readonly #fetch: (samples: readonly number[]) => Promise<Sample[]>;
  readonly #batch: number;
  #thumbs = new Map<number, Thumb>();
  #batches: { samples: readonly number[]; bytes: number }[] = [];
  #bytes = 0;
  #coming = new Set<number>();
  #wanted: readonly number[] = [];
  #asking = 0;

  /** `size` is how many numbers a sample has. */
  constructor(size: number, fetch: (samples: readonly number[]) => Promise<Sample[]>) {
    this.#fetch = fetch;
    this.#batch = Math.max(1, Math.min(BATCH_MOST, Math.floor(BATCH_NUMBERS / Math.max(1, size))));
  }

  get(sample: number): Thumb | undefined {
    return this.#thumbs.get(sample);
  }

  /** These are in view now; what was in view before and has not been asked for is forgotten. */
  want(samples: readonly number[]): void {
    this.#wanted = samples;
    while (this.#asking < QUESTIONS && this.#ask()) this.#asking++;
  }

  #ask(): boolean {
    const missing = this.#wanted.filter((sample) => !this.#thumbs.has(sample) && !this.#coming.has(sample));
    const samples = missing.slice(0, this.#batch);
    if (samples.length === 0) return false;
    for (const sample of samples) this.#coming.add(sample);
    this.#fetch(samples)
      .then(
        (found) => this.#keep(samples, found),
        (error: unknown) => {
          // Not asked for again until something else comes into view.
          this.#wanted = [];
          this.problem = explain(error);
        },
      )
      .finally(() => {
        for (const sample of samples) this.#coming.delete(sample);
        this.#asking--;
        this.want(this.#wanted);
      });
    return true;
  }

  #keep(samples: readonly number[], found: readonly Sample[]): void {
    const { thumbs, bytes } = pictures(found);
    thumbs.forEach((thumb, i) => {
      this.#thumbs.set(samples[i] as number, thumb);
    });
    this.#batches.push({ samples, bytes });
    this.#bytes += bytes;
    while (this.#bytes > MOST_BYTES && this.#batches.length > 2) {
      const oldest = this.#batches.shift();
      for (const sample of oldest?.samples ?? []) this.#thumbs.delete(sample);
      this.#bytes -= oldest?.bytes ?? 0;
    }
    this.version++;
  }
}

/** All of them on one canvas, side by side. */
export function pictures(samples: readonly Sample[]): { thumbs: Thumb[]; bytes: number } {
  const columns = Math.ceil(Math.sqrt(samples.length));
  const images = samples.map(picture);
  const cell = Math.max(1, ...images.map(({ width, height }) => Math.min(SIDE, Math.max(width, height))));
  const canvas = document.createElement("canvas");
  canvas.width = cell * columns;
  canvas.height = cell * Math.ceil(samples.length / columns);
  const context = canvas.getContext("2d");
  const thumbs = images.map((image, i) => {
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
    const thumb = {
      from: canvas,
      x: cell * (i % columns),
      y: cell * Math.floor(i / columns),
      width: Math.max(1, Math.round(image.width * scale)),
      height: Math.max(1, Math.round(image.height * scale)),
    };
    if (image instanceof ImageData && scale === 1) context?.putImageData(image, thumb.x, thumb.y);
    else context?.drawImage(drawable(image), thumb.x, thumb.y, thumb.width, thumb.height);
    return thumb;
  });
  return { thumbs, bytes: canvas.width * canvas.height * 4 };
}

function drawable(image: ImageData | HTMLCanvasElement): HTMLCanvasElement {
  if (image instanceof HTMLCanvasElement) return image;
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/** An image as it is; a curve where the sample is a row of numbers. */
function picture({ data, shape }: Sample): ImageData | HTMLCanvasElement {
  const [height = 1, width = 1, channels = 1] = shape;
  if (shape.length > 1) return toImageData({ data, height, width, channels });
  return curve(data);
}

function curve(values: ArrayLike<number>): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  let [low, high] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] as number);
    high = Math.max(high, values[i] as number);
  }
  const y = (value: number) => SIDE - 4 - ((value - low) / (high - low || 1)) * (SIDE - 8);
  context.strokeStyle = cssColor(document.body, "--accent");
  context.lineWidth = 2;
  context.beginPath();
  // Lowest and highest of what falls on one column, so that no peak of a long recording is lost.
  const step = Math.max(1, Math.floor(values.length / SIDE));
  for (let i = 0; i < values.length; i += step) {
    let [least, most] = [values[i] as number, values[i] as number];
    for (let j = i; j < Math.min(values.length, i + step); j++) {
      least = Math.min(least, values[j] as number);
      most = Math.max(most, values[j] as number);
    }
    const x = (i / Math.max(1, values.length - 1)) * SIDE;
    context.lineTo(x, y(least));
    if (most !== least) context.lineTo(x, y(most));
  }
  context.stroke();
  return canvas;
}
