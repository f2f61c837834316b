/** Pictures asked of a model: their codes, and what it makes of them. */
import type { Model } from "tabgrad";
import { CODE, isCoded, kindOf } from "./kinds";
import type { Shape } from "./pictures";
import { toBytes } from "./quality";

export interface Answers {
  /** The pictures as they are rebuilt, one after the other. */
  rebuilt: Uint8ClampedArray;
  /** The numbers of each, one after the other; none where the network has no small code. */
  codes: Float32Array;
  /** How many numbers each has. */
  numbers: number;
}

/** Pictures that a model is asked about at once: between them a training goes on. */
const AT_ONCE = 32;

export async function ask(model: Model, pictures: Uint8ClampedArray, shape: Shape): Promise<Answers> {
  const size = shape[0] * shape[1] * shape[2];
  const length = pictures.length / size;
  const [output = ""] = model.spec.outputs;
  const kind = kindOf(model.spec);
  const coded = kind !== undefined && isCoded(kind);
  const rebuilt = new Uint8ClampedArray(pictures.length);
  const codes: Float32Array[] = [];
  for (let from = 0; from < length; from += AT_ONCE) {
    const some = Math.min(AT_ONCE, length - from);
    const data = new Uint8Array(pictures.subarray(from * size, (from + some) * size));
    const found = await model.activations(
      { data, shape: [some, ...shape] },
      coded ? [CODE, output] : [output],
    );
    rebuilt.set(toBytes(found[output]?.data ?? []), from * size);
    if (found[CODE]) codes.push(found[CODE].data);
  }
  const numbers = codes.reduce((all, part) => all + part.length, 0) / Math.max(1, length);
  const joined = new Float32Array(numbers * length);
  let at = 0;
  for (const part of codes) {
    joined.set(part, at);
    at += part.length;
  }
  return { rebuilt, codes: joined, numbers };
}
