import type { Model } from "tabgrad";
import { type Entry, spread } from "../data/entry.svelte";
import type { Pixels } from "../shared/pixels";
import { type Answers, ask } from "./asking";
import { mixed, withNoise } from "./noise";
import { fittingShape, gathered, preparationFor, type Shape } from "./pictures";
import { likeness, medianFiltered } from "./quality";

/** Values of all pictures together that are measured. */
const VALUES = 600_000;

/** Pictures to be seen at once. */
export const SHOWN = 8;

/** How near pictures are to the clean ones, in decibels. */
export interface Quality {
  noisy: number;
  median: number;
  rebuilt: number;
  /** The noise that it was measured at. */
  noise: number;
}

/** Pictures that no training sees, to be watched and measured by. */
export class Held {
  readonly shape: Shape;
  readonly length: number;
  readonly names: readonly string[];
  readonly pictures: Uint8Array;
  /** What makes any picture one of these. */
  readonly preparation: ReturnType<typeof preparationFor>;

  private constructor(from: Pick<Held, "shape" | "names" | "pictures" | "preparation">) {
    this.shape = from.shape;
    this.names = from.names;
    this.pictures = from.pictures;
    this.preparation = from.preparation;
    this.length = from.names.length;
  }

  /** Of a dataset of pictures; undefined for others. */
  static async take(entry: Entry): Promise<Held | undefined> {
    const { validation } = await entry.parts();
    const shape = entry.look === "pictures" ? fittingShape(validation.shape) : undefined;
    if (!shape) return undefined;
    const most = Math.floor(VALUES / (shape[0] * shape[1] * shape[2]));
    const indices = spread(validation.length, Math.min(256, most));
    const [pictures, samples] = await Promise.all([
      gathered(validation, indices, shape),
      validation.labels(),
    ]);
    const names = indices.map(
      (index) => validation.classNames[samples[index] ?? -1] ?? `picture ${index + 1}`,
    );
    return new Held({ shape, names, pictures, preparation: preparationFor(validation, shape) });
  }

  get size(): number {
    return this.shape[0] * this.shape[1] * this.shape[2];
  }

  /** Some of them, one after the other. */
  some(indices: readonly number[]): Uint8Array {
    const some = new Uint8Array(indices.length * this.size);
    indices.forEach((index, i) => {
      some.set(this.pictures.subarray(index * this.size, (index + 1) * this.size), i * this.size);
    });
    return some;
  }

  /** The same with noise, of which each has its own. */
  noisy(indices: readonly number[], level: number, seed: number): Uint8ClampedArray {
    const some = new Uint8ClampedArray(indices.length * this.size);
    indices.forEach((index, i) => {
      const clean = this.pictures.subarray(index * this.size, (index + 1) * this.size);
      withNoise(clean, level, mixed(seed, index), some.subarray(i * this.size, (i + 1) * this.size));
    });
    return some;
  }

  /** One of several pictures, to be painted. */
  pixels(
    pictures: ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> },
    i: number,
  ): Pixels {
    const [height, width, channels] = this.shape;
    return { data: pictures.subarray(i * this.size, (i + 1) * this.size), height, width, channels };
  }

  /** How well a model rebuilds all of them out of this noise. */
  async measured(
    model: Model,
    level: number,
    seed: number,
  ): Promise<Quality & Pick<Answers, "codes" | "numbers">> {
    const all = Array.from({ length: this.length }, (_, i) => i);
    const noisy = this.noisy(all, level, seed);
    const { rebuilt, codes, numbers } = await ask(model, noisy, this.shape);
    const filtered = new Uint8ClampedArray(noisy.length);
    for (const i of all) {
      const [from, to] = [i * this.size, (i + 1) * this.size];
      filtered.set(medianFiltered(noisy.subarray(from, to), this.shape), from);
    }
    return {
      noise: level,
      noisy: likeness(noisy, this.pictures),
      median: likeness(filtered, this.pictures),
      rebuilt: likeness(rebuilt, this.pictures),
      codes,
      numbers,
    };
  }
}
