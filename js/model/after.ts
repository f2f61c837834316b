/** What comes behind a layer, as a model by itself. */
import { call, TabgradError } from "../core.js";
import type { ModelInfo } from "../protocol.js";
import type { ModelReport, ModelSpec, NodeSpec } from "../types/specs.js";

/** A part of a model, and where the weights of its layers are. */
export interface Part {
  spec: ModelSpec;
  /** Names of layers, in the whole and in the part in turn. */
  layers: string[];
}

/** What makes of a model, under another number, the part of it that comes behind a layer. */
export async function makerOfPart(
  spec: ModelSpec,
  layer: string,
): Promise<(id: number, newId: number) => Promise<ModelInfo>> {
  const part = partAfter(spec, await call("inspect", { spec }), layer);
  if (!part) throw new TabgradError("argument", `after: no output follows from "${layer}" alone.`);
  return async (id, newId) => {
    const info = await call("createModel", { id: newId, source: { spec: part.spec } });
    await call("takeWeights", { id: newId, from: { model: id }, layers: part.layers, strict: true });
    return info;
  };
}

/**
 * The layers between one and the outputs that follow from it alone, as a model whose input goes by the name of that
 * layer. Undefined where no output follows from it alone. `report` is that of the whole.
 */
export function partAfter(spec: ModelSpec, { layers }: ModelReport, layer: string): Part | undefined {
  const shape = layers.find(({ name }) => name === layer)?.outputShape;
  const known = new Set([layer]);
  // Each comes behind what it needs.
  for (const { name, inputs } of spec.nodes) if (inputs.every((needed) => known.has(needed))) known.add(name);
  const outputs = spec.outputs.filter((name) => name !== layer && known.has(name));
  if (!shape || outputs.length === 0) return undefined;
  const wanted = new Set(outputs);
  for (const { name, inputs } of spec.nodes.toReversed())
    if (name !== layer && wanted.has(name)) for (const needed of inputs) wanted.add(needed);
  /** The layers of the part that have the weights, by those of the whole. */
  const owners = new Map<string, string>();
  const nodes = spec.nodes
    .filter(({ name }) => name !== layer && wanted.has(name))
    .map(({ weightsOf, ...node }): NodeSpec => {
      const owner = owners.get(weightsOf ?? node.name);
      if (owner !== undefined) return { ...node, weightsOf: owner };
      owners.set(weightsOf ?? node.name, node.name);
      return node;
    });
  return {
    spec: { ...spec, inputs: [{ name: layer, shape: [...shape] }], nodes, outputs },
    layers: [...owners].flat(),
  };
}
