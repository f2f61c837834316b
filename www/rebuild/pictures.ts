/** Pictures as bytes, in a size that the networks of this place can take. */
import type { Dataset, Preprocessing } from "tabgrad";
import { count, counted } from "../shared/format";
import { range } from "../shared/pixels";

export type Shape = readonly [height: number, width: number, channels: number];

type Steps = NonNullable<Preprocessing["image"]>;

/** The largest side: above it, a network that draws pictures takes minutes an epoch. */
const LARGEST = 48;

/** The networks halve sides twice, and double them again. */
const STEP = 4;

/** Samples asked for at once, so that the page goes on between them. */
const AT_ONCE = 500;

/** The nearest size that the networks take; undefined for what is no picture of one or three channels. */
export function fittingShape(shape: readonly number[]): Shape | undefined {
  const [height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 3 || (channels !== 1 && channels !== 3) || Math.min(height, width) < STEP)
    return undefined;
  const scale = Math.min(1, LARGEST / Math.max(height, width));
  const fitting = (side: number) => Math.max(2 * STEP, Math.round((side * scale) / STEP) * STEP);
  return [fitting(height), fitting(width), channels];
}

/** What makes pictures of a dataset this large; nothing if they are. */
function resizing(from: readonly number[], [height, width]: Shape): Steps {
  return from[0] === height && from[1] === width ? [] : [{ type: "resize", height, width }];
}

/** What makes any picture, such as a drawing, one of those that a model for this dataset takes. */
export function preparationFor(dataset: Dataset, shape: Shape): Preprocessing {
  const own = dataset.preprocessing.image ?? [];
  const colours = own.length > 0 ? own : [{ type: shape[2] === 1 ? "grayscale" : "rgb" } as const];
  const [height, width] = shape;
  const sized =
    own.length > 0 ? resizing(dataset.shape, shape) : [{ type: "resize", height, width } as const];
  return { image: [...colours, ...sized], numeric: [{ type: "scale", factor: 1 / 255 }] };
}

/** These pictures of a dataset, one after the other. Of numbers, the least becomes black and the greatest white. */
export async function gathered(
  dataset: Dataset,
  indices: readonly number[],
  shape: Shape,
  tell?: (doing: string) => void,
): Promise<Uint8Array> {
  const size = shape[0] * shape[1] * shape[2];
  const pictures = new Uint8Array(indices.length * size);
  const image = resizing(dataset.shape, shape);
  for (let from = 0; from < indices.length; from += AT_ONCE) {
    tell?.(`Taking ${count(from)} of ${counted(indices.length, "picture")}`);
    const samples = await sized(dataset, indices.slice(from, from + AT_ONCE), image);
    samples.forEach((data, i) => {
      pictures.set(data instanceof Uint8Array ? data : stretched(data), (from + i) * size);
    });
  }
  return pictures;
}

async function sized(
  dataset: Dataset,
  indices: readonly number[],
  image: Steps,
): Promise<(Uint8Array | Float32Array)[]> {
  if (image.length === 0) return (await dataset.samples(indices)).map(({ data }) => data);
  const some = await dataset.subset(indices);
  const prepared = await some.prepare({ image, numeric: [] });
  try {
    return (await prepared.samples([...indices.keys()])).map(({ data }) => data);
  } finally {
    some.dispose();
    prepared.dispose();
  }
}

function stretched(values: Float32Array): Uint8ClampedArray {
  const [low, high] = range(values);
  const scale = high > low ? 255 / (high - low) : 0;
  return Uint8ClampedArray.from(values, (value) => (value - low) * scale);
}
