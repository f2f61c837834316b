import type { Sample } from "tabgrad";
import { type SharedBox, sharesOf } from "../../shared/boxes";
import { cssColor } from "../../shared/colors";
import { type Look, pixelsOf } from "../../shared/look";
import { toImageData } from "../../shared/pixels";
import type { Made } from "./fetched.svelte";

/** Pixels of the longest side that is kept of a sample. */
const SIDE = 112;

/** Where the picture of a sample is. */
export interface Thumb {
  from: CanvasImageSource;
  x: number;
  y: number;
  width: number;
  height: number;
  /** What is to be seen where, in a dataset of such. */
  boxes?: readonly SharedBox[];
}

/** All of them on one canvas, side by side. */
export function pictures(samples: readonly Sample[], look: Look): Made<Thumb> {
  const columns = Math.ceil(Math.sqrt(samples.length));
  const images = samples.map((sample) => picture(sample, look));
  const cell = Math.max(1, ...images.map(({ width, height }) => Math.min(SIDE, Math.max(width, height))));
  const canvas = document.createElement("canvas");
  canvas.width = cell * columns;
  canvas.height = cell * Math.ceil(samples.length / columns);
  const context = canvas.getContext("2d");
  const made = images.map((image, i) => {
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
    const { boxes, shape } = samples[i] as Sample;
    const thumb = {
      from: canvas,
      x: cell * (i % columns),
      y: cell * Math.floor(i / columns),
      width: Math.max(1, Math.round(image.width * scale)),
      height: Math.max(1, Math.round(image.height * scale)),
      ...(boxes ? { boxes: sharesOf(boxes, shape) } : {}),
    };
    if (image instanceof ImageData && scale === 1) context?.putImageData(image, thumb.x, thumb.y);
    else context?.drawImage(drawable(image), thumb.x, thumb.y, thumb.width, thumb.height);
    return thumb;
  });
  return { made, bytes: canvas.width * canvas.height * 4 };
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
function picture(sample: Sample, look: Look): ImageData | HTMLCanvasElement {
  return sample.shape.length > 1 ? toImageData(pixelsOf(sample, look)) : curve(sample.data);
}

/** A row of numbers as a line. */
export function curve(values: ArrayLike<number>): HTMLCanvasElement {
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
