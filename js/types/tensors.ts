/// <reference lib="dom" />
/** Arrays, images and what may be handed to a model. */

/** A dense array: `data` in row-major order, the batch dimension first. */
export interface Tensor {
  data: Float32Array;
  shape: number[];
}

/** Numbers as JavaScript programs keep them. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Numbers in arrays of arrays, all rows of the same length. */
export type NestedArray = number[] | NestedArray[];

/** A typed array together with its shape; the first dimension counts the samples. */
export interface ShapedArray {
  data: TypedArray;
  shape: number[];
}

/**
 * Anything that holds one picture. Elements are read on the page's thread, the rest in the worker.
 * In Node only `ImageData`-like objects (`{ data, width, height }`, RGBA bytes) can be read.
 */
export type ImageSource =
  | ImageData
  | ImagePixels
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLImageElement
  | HTMLVideoElement
  | ImageBitmap
  | Blob;

/** RGBA bytes, row by row from the top left, as `ImageData` has them. */
export interface ImagePixels {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
}

/** Samples of -1..1; of several channels, frame after frame. */
export interface SoundSamples {
  samples: Float32Array | readonly number[];
  /** Frames a second. */
  sampleRate: number;
  /** Default 1. */
  channels?: number;
}

/** Anything that holds one sound: samples, what the Web Audio API has of it, or a file (in Node WAV only). */
export type SoundSource = SoundSamples | AudioBuffer | Blob;

/** A row of a table: a value for each column that the model's preprocessing names. */
export interface Row {
  [column: string]: string | number | boolean | Date | null;
}

/**
 * What a model takes as one input: numbers with a batch dimension (a bare typed array is cut into
 * samples by the model's input shape), or one or several images, rows of a table, texts or sounds, which go through
 * the model's own preprocessing.
 */
export type Input =
  | TypedArray
  | ShapedArray
  | NestedArray
  | ImageSource
  | ImageSource[]
  | SoundSource
  | SoundSource[]
  | Row
  | Row[]
  | string
  | string[];

/** One input, or one for each of the model's inputs: by name, or typed arrays in their order. */
export type Inputs = Input | { [name: string]: Input } | (TypedArray | ShapedArray)[];

/** What one output should answer: class numbers, or an array of the output's shape. */
export type OutputTargets = TypedArray | ShapedArray | NestedArray;

/**
 * What the network should answer. For several outputs that are trained, the targets of each: by the name of
 * the output, or typed arrays in the order of the outputs; those whose loss takes none (`losses.ofOutput`) are left out.
 */
export type Targets = OutputTargets | { [output: string]: OutputTargets } | (TypedArray | ShapedArray)[];

/** One named parameter or running statistic of a model, in Keras' layout. */
export interface WeightTensor extends Tensor {
  /** `layer/parameter`, as in the saved file. */
  name: string;
  /** False for running statistics. */
  trainable: boolean;
}
