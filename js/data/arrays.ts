/** Turns the arrays that programs have into the two kinds that travel: bytes and f32. */
import { TabgradError } from "../errors.js";
import type { WireAnswers, WireArray, WireTargets } from "../protocol.js";
import type { NestedArray, OutputTargets, ShapedArray, Targets, TypedArray } from "../types/tensors.js";

/** True for the arrays of numbers that JavaScript has. */
export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !isBigIntArray(value);
}

/** True for a typed array with its shape. */
export function isShaped(value: unknown): value is ShapedArray {
  const candidate = value as ShapedArray | null;
  return typeof value === "object" && isTypedArray(candidate?.data) && Array.isArray(candidate?.shape);
}

/** True for arrays of arrays of numbers. */
export function isNested(value: unknown): value is NestedArray {
  if (!Array.isArray(value)) return false;
  return value.length === 0 || typeof value[0] === "number" || isNested(value[0]);
}

/** A copy that can travel: bytes stay bytes, everything else becomes f32. */
export function toWireArray(value: TypedArray | ShapedArray | NestedArray, name: string): WireArray {
  if (isTypedArray(value)) return { data: toNumbers(value) };
  if (isShaped(value)) {
    checkShape(value.shape, value.data.length, name);
    return { data: toNumbers(value.data), shape: [...value.shape] };
  }
  return flatten(value, name);
}

/** Checks that a shape counts as many numbers as there are. */
export function checkShape(shape: readonly number[], length: number, name: string): void {
  const valid = shape.length > 0 && shape.every((size) => Number.isInteger(size) && size >= 0);
  const product = shape.reduce((all, size) => all * size, 1);
  if (valid && product === length) return;
  throw new TabgradError(
    "shape",
    valid
      ? `${name}: the shape [${shape.join(", ")}] counts ${product} numbers, found ${length}.`
      : `${name}: the shape is [${shape.join(", ")}], expected one or more integers of at least 0.`,
  );
}

/** The targets of one output, or of each. */
export function toWireAnswers(y: Targets, samples: number | undefined): WireAnswers {
  if (isTypedArray(y) || isShaped(y) || isNested(y)) return { targets: [toWireTargets(y, samples)] };
  const all = Object.entries(y).map(([name, targets]) => {
    if (isTypedArray(targets) || isShaped(targets) || isNested(targets)) {
      return toWireTargets(targets, samples, Array.isArray(y) ? `y[${name}]` : `y.${name}`);
    }
    throw new TabgradError("argument", `y: the targets of "${name}" are no arrays of numbers.`);
  });
  if (all.length === 0) throw new TabgradError("argument", "y: found the targets of no output.");
  return Array.isArray(y) ? { targets: all } : { targets: all, names: Object.keys(y) };
}

/** What of targets moves with them. */
export function targetBuffers({ targets }: WireAnswers): ArrayBuffer[] {
  return targets.map(({ classes, dense }) => (classes ?? dense?.data)?.buffer as ArrayBuffer);
}

/** One weight a sample, or one for each of its positions, to travel. */
export function toWireWeights(weights: ArrayLike<number>, samples: number | undefined): Float32Array {
  if (samples !== undefined && (weights.length === 0 || weights.length % samples !== 0)) {
    throw new TabgradError(
      "shape",
      `sampleWeight: holds ${weights.length} weights, expected one for each of the ${samples} samples, or as many for each of their positions.`,
    );
  }
  return Float32Array.from(weights);
}

/** Class numbers where the targets are a flat list; otherwise an array of numbers a sample. */
export function toWireTargets(targets: OutputTargets, samples: number | undefined, name = "y"): WireTargets {
  const { data, shape } = toWireArray(targets, name);
  const dimensions = shape ?? [data.length];
  if (samples !== undefined && dimensions[0] !== samples) {
    throw new TabgradError(
      "shape",
      `${name}: holds ${dimensions[0]} targets, expected one for each of the ${samples} samples.`,
    );
  }
  const integers = dimensions.length === 1 ? toClasses(targets, name) : undefined;
  return integers
    ? { classes: integers }
    : {
        dense: {
          data: new Float32Array(data),
          shape: dimensions.length === 1 ? [...dimensions, 1] : dimensions,
        },
      };
}

/** The numbers as classes, or undefined if one is not a class number: then they are values to be met. */
function toClasses(targets: OutputTargets, name: string): Uint32Array | undefined {
  const numbers = isShaped(targets) ? targets.data : (targets as TypedArray | number[]);
  // Floats that a program measured are values even if all of them happen to be whole.
  if (numbers instanceof Float32Array || numbers instanceof Float64Array) return undefined;
  const classes = new Uint32Array(numbers.length);
  for (let i = 0; i < numbers.length; i += 1) {
    const label = numbers[i] as number;
    if (!Number.isInteger(label) || label < 0 || label > 0xffff_fffe) {
      if (!Array.isArray(numbers)) {
        throw new TabgradError(
          "data",
          `${name}: target ${i} is ${label}, expected a class number of at least 0.`,
        );
      }
      return undefined;
    }
    classes[i] = label;
  }
  return classes;
}

function toNumbers(data: TypedArray): Float32Array | Uint8Array {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return new Uint8Array(data);
  // Not `from`, which goes through millions of numbers one by one.
  return new Float32Array(data);
}

function flatten(value: NestedArray, name: string): WireArray {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const data = new Float32Array(shape.reduce((all, size) => all * size, 1));
  let position = 0;
  const visit = (item: unknown, depth: number) => {
    if (depth === shape.length) {
      if (typeof item !== "number") throw ragged(name, shape);
      data[position] = item;
      position += 1;
      return;
    }
    if (!Array.isArray(item) || item.length !== shape[depth]) throw ragged(name, shape);
    for (const entry of item) visit(entry, depth + 1);
  };
  visit(value, 0);
  return { data, shape };
}

function ragged(name: string, shape: readonly number[]): TabgradError {
  return new TabgradError(
    "shape",
    `${name}: the nested arrays are not of one size; by the first row their shape would be [${shape.join(", ")}].`,
  );
}

function isBigIntArray(value: ArrayBufferView): boolean {
  return value instanceof BigInt64Array || value instanceof BigUint64Array;
}
