/** Turns what came from the page into a dataset of the engine. */
import { TabgradError } from "../errors.js";
import { DatasetBuilder, type Dataset as WasmDataset } from "../generated/tabgrad.js";
import type {
  DatasetParts,
  WireArray,
  WireData,
  WireImage,
  WireInput,
  WireInputs,
  WireTargets,
} from "../protocol.js";
import type { Row } from "../types/tensors.js";
import type { ModelEntry, Session } from "./session.js";

/** Runs `use` with the dataset that was meant; one made of arrays is freed afterwards. */
export async function withSamples<T>(
  session: Session,
  entry: ModelEntry,
  data: WireData,
  use: (dataset: WasmDataset) => T | Promise<T>,
): Promise<T> {
  // A share of it: the program may dispose of the dataset while it is in use.
  const dataset =
    "dataset" in data
      ? session.datasets.get(data.dataset).dataset.for(entry.model)
      : await buildFor(session, entry, data);
  try {
    return await use(dataset);
  } finally {
    dataset.free();
  }
}

/** A dataset from plain arrays. */
export function buildDataset(parts: DatasetParts): WasmDataset {
  const builder = new DatasetBuilder();
  for (const { data, shape } of parts.inputs) addInput(builder, data, shape);
  for (const targets of parts.targets ?? []) addTargets(builder, targets);
  if (parts.inputNames) builder.setInputNames(parts.inputNames);
  if (parts.outputNames) builder.setOutputNames(parts.outputNames);
  if (parts.sampleWeight) builder.setSampleWeight(parts.sampleWeight);
  if (parts.classNames) builder.setClassNames(parts.classNames);
  if (parts.preprocessing) builder.setPreprocessing(parts.preprocessing);
  if (parts.boxes) {
    const { classNames, counts, corners, classes } = parts.boxes;
    builder.setBoxes(classNames, counts, corners, classes);
  }
  if (parts.texts) builder.setTexts(parts.texts);
  return builder.build();
}

/** A dataset for this model: its shapes, its preprocessing. */
async function buildFor(
  session: Session,
  { model, spec }: ModelEntry,
  { x: inputs, y: answers, sampleWeight }: Extract<WireData, { x: WireInputs }>,
): Promise<WasmDataset> {
  const builder = new DatasetBuilder();
  const { inputs: wanted } = spec;
  for (const [position, { name, shape }] of wanted.entries()) {
    // Those of a list go by their numbers.
    const named = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    const given = (wanted.length === 1 ? inputs[""] : undefined) ?? named ?? inputs[position];
    if (!given) {
      const found = Object.keys(inputs).map((key) => (key === "" ? "one without a name" : `"${key}"`));
      throw new TabgradError("argument", `The input "${name}" is missing; found ${found.join(", ")}.`);
    }
    const { data, shape: found } = await numbersOf(session, model, given, shape);
    addInput(builder, data, found);
  }
  for (const targets of answers?.targets ?? []) addTargets(builder, targets);
  if (answers?.names) builder.setOutputNames(answers.names);
  if (sampleWeight) builder.setSampleWeight(sampleWeight);
  builder.prepareAs(model);
  return builder.build();
}

/** Numbers, and the shape of one sample. */
export interface Encoded {
  data: Float32Array | Uint8Array;
  shape: number[];
}

/** One input as numbers, and the shape of one sample. */
async function numbersOf(
  session: Session,
  model: ModelEntry["model"],
  input: WireInput,
  wanted: readonly number[],
): Promise<Encoded> {
  if ("images" in input) return preparedImages(session, model, input.images);
  if ("rows" in input) return model.encodeRows(input.rows.map(plainRow));
  if ("texts" in input) return model.encodeTexts(input.texts);
  if ("sounds" in input) return (await session.later()).preparedSounds(model, input.sounds);
  const { data, shape } = input as WireArray;
  if (shape) return { data, shape: shape.slice(1) };
  const size = wanted.reduce((all, dimension) => all * dimension, 1);
  if (data.length === 0 || data.length % size !== 0) {
    throw new TabgradError(
      "shape",
      `x: found ${data.length} numbers, expected a multiple of ${size}, a sample being [${wanted.join(", ")}].`,
    );
  }
  return { data, shape: [...wanted] };
}

async function preparedImages(
  session: Session,
  model: ModelEntry["model"],
  images: readonly WireImage[],
): Promise<Encoded> {
  const samples = [];
  for (const image of images) {
    const { data, width, height } = await session.platform.decode(image);
    samples.push(model.prepare(data as Uint8Array, width, height));
  }
  return joined(samples, "image");
}

/** Samples of one shape as one array. */
export function joined(samples: readonly Encoded[], what: string): Encoded {
  const [first] = samples;
  if (!first) throw new TabgradError("data", `x: found no ${what}, expected at least one.`);
  if (samples.length === 1) return { data: first.data, shape: first.shape };
  const size = first.data.length;
  const all = new (first.data.constructor as typeof Float32Array)(size * samples.length);
  for (const [index, sample] of samples.entries()) {
    if (sample.data.length !== size) {
      throw new TabgradError(
        "shape",
        `x: ${what} ${index} becomes [${sample.shape.join(", ")}], the first [${first.shape.join(", ")}]; expected one shape.`,
      );
    }
    all.set(sample.data, index * size);
  }
  return { data: all, shape: first.shape };
}

/** A row as the engine takes it: dates are milliseconds since 1970. */
function plainRow(row: Row): Record<string, unknown> {
  const values = Object.entries(row).map(([name, value]) => [name, value instanceof Date ? +value : value]);
  return Object.fromEntries(values);
}

function addInput(builder: DatasetBuilder, data: Float32Array | Uint8Array, shape: readonly number[]): void {
  if (data instanceof Float32Array) builder.addFloats(data, Uint32Array.from(shape));
  else builder.addBytes(data, Uint32Array.from(shape));
}

function addTargets(builder: DatasetBuilder, { classes, dense }: WireTargets): void {
  if (classes) builder.addClasses(classes);
  if (dense) builder.addValues(dense.data, Uint32Array.from(dense.shape.slice(1)));
}
