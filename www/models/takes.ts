/** What a model takes and gives, and where on this page it can be asked. */
import type { Model } from "tabgrad";
import { counted, shape } from "../shared/format";

type Described = Pick<Model, "spec" | "preprocessing">;

/** The shape of each input of a sample. */
const shapesOf = ({ spec }: Described) => spec.inputs.map((input) => input.shape);

/** Whether its one input is a picture, grey or in colour. */
export function takesPictures(model: Described): boolean {
  const { table, text, audio } = model.preprocessing ?? {};
  const [first, ...others] = shapesOf(model);
  if (!first || others.length > 0 || table || text || audio) return false;
  const [height = 0, width = 0, channels = 1] = first;
  const isPicture = first.length === 2 ? !sequence(model) : first.length === 3 && [1, 3].includes(channels);
  return (isPicture && height >= 4 && width >= 4) || (model.preprocessing?.image?.length ?? 0) > 0;
}

/** Layers that go along a sequence: what is two-dimensional in front of them is no picture. */
const SEQUENTIAL =
  /^(simpleRnn|lstm|gru|bidirectional|timeDistributed|conv1d|.*Pooling1d|multiHeadAttention|positionEmbedding|masking|spatialDropout1d)$/;

function sequence({ spec }: Described): boolean {
  return spec.nodes.some(({ layer }) => SEQUENTIAL.test(layer.type));
}

/**
 * What it takes, in words, where it cannot be asked on this page: neither pictures nor rows, texts or recordings that
 * the model itself makes numbers of.
 */
export function askedElsewhere(
  model: Described,
  outputs: readonly (readonly number[])[],
): string | undefined {
  const { table, text, audio } = model.preprocessing ?? {};
  const inputs = model.spec.inputs;
  if (outputs.length !== 1 || outputs[0]?.length !== 1) {
    return `Gives ${outputs.map(numbers).join(" and ") || "nothing"}, which is no list of classes: it can be asked in the package.`;
  }
  if (table || text || audio || takesPictures(model)) return undefined;
  const said = inputs.map(({ name, shape }) =>
    inputs.length > 1 ? `${name} (${numbers(shape)})` : numbers(shape),
  );
  return `Takes ${said.join(" and ")}, which is no picture: it can be asked in the package.`;
}

function numbers(of: readonly number[]): string {
  return of.length === 1 ? counted(of[0] ?? 0, "number") : `${shape(of)} numbers`;
}

/** The shapes of what it gives. */
export async function outputShapes(model: Model): Promise<number[][]> {
  const { layers } = await model.inspect();
  return model.spec.outputs.map((name) => [
    ...(layers.find((layer) => layer.name === name)?.outputShape ??
      model.spec.inputs.find((input) => input.name === name)?.shape ??
      []),
  ]);
}

/** Whether what it gives is brought to probabilities. */
export function givesProbabilities({ spec }: Described): boolean {
  const last = spec.nodes.find(({ name }) => name === spec.outputs[0])?.layer as
    | { type: string; activation?: unknown }
    | undefined;
  const { activation } = last ?? {};
  const named =
    typeof activation === "string" ? activation : (activation as { type?: string } | undefined)?.type;
  return last?.type === "softmax" || named === "softmax" || named === "sigmoid";
}
