/** Layers of models by name: which there are, and which training changes. */
import { TabgradError } from "../errors.js";
import type { LayerInfo, LayerSelection } from "../types/model.js";
import type { ModelSpec } from "../types/specs.js";

/** What is known of each layer. */
export function layersOf(spec: ModelSpec): LayerInfo[] {
  return spec.nodes.map((node) => {
    const { name, layer, inputs, trainable = true } = node;
    return { name, type: layer.type, spec: layer, inputs: [...inputs], trainable };
  });
}

/** One of them. */
export function layerOf(spec: ModelSpec, name: string): LayerInfo {
  const layer = layersOf(spec).find((layer) => layer.name === name);
  if (layer) return layer;
  const names = spec.nodes.map(({ name }) => `"${name}"`).join(", ");
  throw new TabgradError("notFound", `The model has no layer "${name}"; there are ${names}.`);
}

/** The same model where training changes these layers, or does not. */
export function withTrainable(spec: ModelSpec, names: readonly string[], trainable: boolean): ModelSpec {
  const nodes = spec.nodes.map((node) => {
    if (!names.includes(node.name)) return node;
    const { trainable: _, ...rest } = node;
    // As it is where nothing is said, so that a model that was frozen and is not any more is written as before.
    return trainable ? rest : { ...rest, trainable };
  });
  return { ...spec, nodes };
}

/** The names of the layers that are meant. */
export function chosenLayers(spec: ModelSpec, layers: LayerSelection): string[] {
  if (typeof layers === "function") {
    return layersOf(spec)
      .filter(layers)
      .map(({ name }) => name);
  }
  const names = typeof layers === "string" ? [layers] : layers;
  return names.map((name) => layerOf(spec, name).name);
}
