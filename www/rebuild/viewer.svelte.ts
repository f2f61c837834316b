import type { Model } from "tabgrad";
import { Sketch } from "../draw/sketch.svelte";
import { type Answers, ask } from "./asking";
import { type Held, type Quality, SHOWN } from "./held";
import { CODE, type Kind } from "./kinds";
import { Latest } from "./latest.svelte";
import { mixed, withNoise } from "./noise";
import { likeness, medianFiltered, toBytes } from "./quality";

/** A picture and what became of it. */
export interface Looked {
  clean: Uint8Array | Uint8ClampedArray;
  noisy: Uint8ClampedArray;
  median: Uint8ClampedArray;
  rebuilt: Uint8ClampedArray | undefined;
  code: Float32Array;
  /** In decibels, against the clean one. */
  quality: Omit<Quality, "noise">;
  milliseconds: number;
}

/** The least and the greatest that each number of a code is for the held-out pictures. */
export type Ranges = readonly (readonly [low: number, high: number])[];

/** What is asked of the model, and under which noise. */
export interface Asked {
  model: Model | undefined;
  kind: Kind;
  noise: number;
  seed: number;
}

/** The seed of a drawing's noise, which no held-out picture has. */
const DRAWN = -1;

/** What is to be seen of the model: held-out pictures, how well it does, and one picture closely. */
class Viewer {
  held = $state.raw<Held | undefined>();
  /** The first of the pictures that are shown. */
  first = $state(0);
  noisy = $state.raw<Uint8ClampedArray | undefined>();
  answers = $state.raw<Answers | undefined>();
  quality = $state.raw<Quality | undefined>();
  ranges = $state.raw<Ranges>([]);
  /** The held-out picture that is looked at closely, or the drawing. */
  chosen = $state<number | "drawn">(0);
  looked = $state.raw<Looked | undefined>();
  /** Numbers that someone set, in place of the picture's own, and what becomes of them. */
  edited = $state.raw<readonly number[] | undefined>();
  decoded = $state.raw<Uint8ClampedArray | undefined>();
  readonly sketch = new Sketch("rebuild");
  readonly #grid = new Latest();
  readonly #measure = new Latest();
  readonly #closely = new Latest();
  #decoder: { of: Model; version: number; model: Promise<Model> } | undefined;

  get problem(): string {
    return this.#closely.problem || this.#grid.problem || this.#measure.problem;
  }

  /** The numbers of the held-out pictures that are shown. */
  readonly shown: readonly number[] = $derived.by(() => {
    const length = this.held?.length ?? 0;
    return Array.from({ length: Math.min(SHOWN, length) }, (_, i) => (this.first + i) % length);
  });

  show(held: Held | undefined): void {
    this.held = held;
    this.first = 0;
    this.noisy = undefined;
    this.answers = undefined;
    this.quality = undefined;
    this.looked = undefined;
    this.edited = undefined;
    if (this.chosen !== "drawn") this.chosen = 0;
  }

  /** Whether a model takes the pictures that are held out. */
  fits(model: Model | undefined): boolean {
    return model?.spec.inputs[0]?.shape.join() === this.held?.shape.join();
  }

  askGrid({ model, noise, seed }: Asked): void {
    const { held, shown } = this;
    if (!held) return;
    this.#grid.ask(async () => {
      const noisy = held.noisy(shown, noise, seed);
      const answers = model && this.fits(model) ? await ask(model, noisy, held.shape) : undefined;
      if (held !== this.held) return;
      this.noisy = noisy;
      this.answers = answers;
    });
  }

  askQuality({ model, noise, seed }: Asked): void {
    const { held } = this;
    if (!held || !model || !this.fits(model)) return;
    this.#measure.ask(async () => {
      const measured = await held.measured(model, noise, seed);
      if (held !== this.held) return;
      this.quality = measured;
      this.ranges = rangesOf(measured.codes, measured.numbers);
    });
  }

  askClosely(asked: Asked): void {
    const { held, chosen } = this;
    const { model, noise, seed } = asked;
    if (!model || !(held ? this.fits(model) : chosen === "drawn")) return;
    this.#closely.ask(async () => {
      const since = performance.now();
      const clean = await this.#clean(model);
      const shape = shapeOf(model);
      const noisy = withNoise(clean, noise, mixed(seed, chosen === "drawn" ? DRAWN : chosen));
      const { rebuilt, codes } = await ask(model, noisy, shape);
      const median = medianFiltered(noisy, shape);
      this.looked = {
        clean,
        noisy,
        median,
        rebuilt,
        code: codes,
        quality: {
          noisy: likeness(noisy, clean),
          median: likeness(median, clean),
          rebuilt: likeness(rebuilt, clean),
        },
        milliseconds: performance.now() - since,
      };
    });
  }

  /** Makes a picture of numbers that someone set. */
  decode(model: Model, version: number, numbers: readonly number[]): void {
    this.edited = numbers;
    this.#closely.ask(async () => {
      const decoder = await this.#decoderOf(model, version);
      const { data } = await decoder.predict({
        data: Float32Array.from(numbers),
        shape: [1, numbers.length],
      });
      if (this.edited === numbers) this.decoded = toBytes(data);
    });
  }

  /** Takes the picture's own numbers again. */
  undoEdit(): void {
    this.edited = undefined;
    this.decoded = undefined;
  }

  async #clean(model: Model): Promise<Uint8Array> {
    const { held, chosen } = this;
    if (chosen !== "drawn") return held?.some([chosen]) ?? new Uint8Array();
    const { data } = await model.prepare(this.sketch.picture());
    return data instanceof Uint8Array ? data : new Uint8Array(toBytes(data));
  }

  /** Made anew where the weights are others. */
  #decoderOf(model: Model, version: number): Promise<Model> {
    const before = this.#decoder;
    if (before?.of === model && before.version === version) return before.model;
    void before?.model.then((old) => old.dispose());
    const made = model.after(CODE);
    this.#decoder = { of: model, version, model: made };
    return made;
  }
}

export function shapeOf(model: Model): readonly [number, number, number] {
  const [height = 0, width = 0, channels = 0] = model.spec.inputs[0]?.shape ?? [];
  return [height, width, channels];
}

function rangesOf(codes: Float32Array, numbers: number): Ranges {
  return Array.from({ length: numbers }, (_, n) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = n; at < codes.length; at += numbers) {
      low = Math.min(low, codes[at] as number);
      high = Math.max(high, codes[at] as number);
    }
    return [low, high] as const;
  });
}

export const viewer = new Viewer();
