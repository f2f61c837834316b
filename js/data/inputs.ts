/** Turns what is handed to a model into what travels. */
import { TabgradError } from "../errors.js";
import { later } from "../later.js";
import type { WireData, WireInput, WireInputs } from "../protocol.js";
import type { Dataset } from "../types/dataset.js";
import type { Preprocessing } from "../types/specs.js";
import type { Input, Inputs, Row, SoundSamples, SoundSource, Targets } from "../types/tensors.js";
import {
  isNested,
  isShaped,
  isTypedArray,
  targetBuffers,
  toWireAnswers,
  toWireArray,
  toWireWeights,
} from "./arrays.js";
import { isDatasetHandle, referTo } from "./dataset.js";
import { isBlob, isImageSource, toWireImage, transferOf } from "./images.js";

type AudioSpec = NonNullable<Preprocessing["audio"]>;

/** Samples that are ready to travel, with what moves along. */
export interface Packed<T> {
  value: T;
  transfer: Transferable[];
}

/** A dataset, or inputs with their targets and weights. */
export async function packData(
  x: Inputs | Dataset,
  y?: Targets,
  audio?: AudioSpec,
  sampleWeight?: ArrayLike<number>,
): Promise<Packed<WireData>> {
  if (isDatasetHandle(x)) {
    if (sampleWeight !== undefined) {
      throw new TabgradError(
        "argument",
        "sampleWeight: a dataset has weights of its own; give them to fromArrays or to subset.",
      );
    }
    return { value: { dataset: await referTo(x) }, transfer: [] };
  }
  const { value, transfer } = await packInputs(x, audio);
  const data: WireData = { x: value };
  if (y !== undefined) {
    data.y = toWireAnswers(y, countOf(value));
    transfer.push(...targetBuffers(data.y));
  }
  if (sampleWeight !== undefined) {
    data.sampleWeight = toWireWeights(sampleWeight, countOf(value));
    transfer.push(data.sampleWeight.buffer as ArrayBuffer);
  }
  return { value: data, transfer };
}

/** Inputs by name, or by their numbers; a lone one goes under the empty name. `audio` is how the model takes sounds, if it does. */
export async function packInputs(x: Inputs, audio?: AudioSpec): Promise<Packed<WireInputs>> {
  const named = isInput(x) ? { "": x } : (x as { [name: string]: Input });
  if (typeof named !== "object" || named === null || Object.keys(named).length === 0)
    throw unreadable("x", x);
  const value: [name: string, input: WireInput][] = [];
  const transfer: Transferable[] = [];
  for (const [name, item] of Object.entries(named)) {
    const packed = await packInput(item, name === "" ? "x" : name, audio);
    value.push([name, packed.value]);
    transfer.push(...packed.transfer);
  }
  // Whatever a name is, here it becomes a property and nothing else.
  return { value: Object.fromEntries(value), transfer };
}

async function packInput(input: Input, name: string, audio?: AudioSpec): Promise<Packed<WireInput>> {
  if (isTypedArray(input) || isShaped(input) || isNested(input)) {
    const value = toWireArray(input, name);
    return { value, transfer: [value.data.buffer as ArrayBuffer] };
  }
  const sources: unknown[] = Array.isArray(input) ? input : [input];
  if (sources.every((text) => typeof text === "string")) return { value: { texts: sources }, transfer: [] };
  if (sources.every(isRow)) return { value: { rows: sources }, transfer: [] };
  // A file may hold a picture as well: what the model takes decides.
  const isSound = (source: unknown): source is SoundSource => (isBlob(source) ? !!audio : hasRate(source));
  if (sources.every(isSound)) {
    const [{ packSounds }, { callData }] = await Promise.all([import("./sounds.js"), later()]);
    return packSounds(sources, callData, audio?.sampleRate);
  }
  if (!sources.every(isImageSource)) throw unreadable(name, input);
  const images = await Promise.all(sources.map(toWireImage));
  return { value: { images }, transfer: images.flatMap(transferOf) };
}

function isInput(value: unknown): value is Input {
  const isOne = (item: unknown) =>
    isImageSource(item) || hasRate(item) || typeof item === "string" || isRow(item);
  const several = Array.isArray(value) && value.every(isOne);
  return isTypedArray(value) || isShaped(value) || isNested(value) || isOne(value) || several;
}

/** True for sounds that are no files. */
function hasRate(value: unknown): boolean {
  return typeof (value as SoundSamples | undefined)?.sampleRate === "number";
}

/** True for an object of plain values; those of inputs by name are none. */
function isRow(value: unknown): value is Row {
  const values = typeof value === "object" && !Array.isArray(value) ? Object.values(value ?? {}) : [];
  const isPlain = (item: unknown) => Object(item) !== item || item instanceof Date;
  return values.length > 0 && values.every(isPlain);
}

/** How many samples there are, where that can be told without the model. */
function countOf(inputs: WireInputs): number | undefined {
  // Numbers have a shape, what is to become numbers is a list.
  const counts = Object.values(inputs).map((input) =>
    "data" in input ? input.shape?.[0] : Object.values(input)[0]?.length,
  );
  return counts.find((count) => count !== undefined);
}

function unreadable(name: string, value: unknown): TabgradError {
  const found =
    value === null
      ? "null"
      : typeof value === "object"
        ? (value.constructor?.name ?? "object")
        : typeof value;
  return new TabgradError(
    "argument",
    `${name}: found ${found}, expected a typed array (with its shape), nested arrays, an image, a row, a text, a sound, or a dataset.`,
  );
}
