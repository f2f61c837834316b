import type { Model } from "tabgrad";
import type { Pixels } from "../shared/pixels";
import { CODE } from "./kinds";
import { Latest } from "./latest.svelte";
import { mixed, normals } from "./noise";
import type { Shape } from "./pictures";
import { toBytes } from "./quality";
import { type Asked, shapeOf } from "./viewer.svelte";

/** Pictures to be seen at once. */
const MADE = 24;

/** Pictures one after the other, their shape, and the numbers that they are of. */
interface Drawn {
  pictures: Uint8ClampedArray;
  shape: Shape;
  codes: Float32Array;
}

/** What becomes of numbers at random. */
class Made {
  /** Grows when other numbers are wanted. */
  turn = $state(0);
  /** Undefined where there is no network that makes some. */
  drawn = $state.raw<Drawn | undefined>();
  readonly #latest = new Latest();
  #decoder: { of: Model; model: Model } | undefined;

  get problem(): string {
    return this.#latest.problem;
  }

  get count(): number {
    return MADE;
  }

  /** One of the pictures, to be painted. */
  pixels({ pictures, shape: [height, width, channels] }: Drawn, i: number): Pixels {
    const size = height * width * channels;
    return { data: pictures.subarray(i * size, (i + 1) * size), height, width, channels };
  }

  /** The numbers of one of them. */
  code({ codes }: Drawn, i: number): number[] {
    const numbers = codes.length / MADE;
    return Array.from(codes.subarray(i * numbers, (i + 1) * numbers));
  }

  ask({ model, kind, seed }: Asked): void {
    const { turn } = this;
    this.#latest.ask(async () => {
      if (!model || kind !== "new") {
        this.drawn = undefined;
        return;
      }
      const decoder = await this.#decoderOf(model);
      const [numbers = 0] = decoder.spec.inputs[0]?.shape ?? [];
      const codes = normals(MADE * numbers, mixed(seed, turn));
      const { data } = await decoder.predict({ data: codes, shape: [MADE, numbers] });
      this.drawn = { pictures: toBytes(data), shape: shapeOf(model), codes };
    });
  }

  /** The part of the model that makes pictures, with the weights of now. */
  async #decoderOf(model: Model): Promise<Model> {
    const { of, model: own } = this.#decoder ?? {};
    if (own && of === model) {
      await own.loadWeights(model, { byName: true });
      return own;
    }
    own?.dispose();
    this.#decoder = undefined;
    const decoder = await model.after(CODE);
    this.#decoder = { of: model, model: decoder };
    return decoder;
  }
}

export const made = new Made();
