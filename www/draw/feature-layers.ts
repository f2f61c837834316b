import type { ModelSpec } from "tabgrad";

export interface FeatureLayer {
  /** The node whose output is shown. */
  node: string;
  /** What it is called beside its picture. */
  title: string;
}

/**
 * The first two convolutions of a model, each seen after the normalisation and activation
 * that follow it directly: that is what the next layer works on.
 */
export function featureLayers(spec: ModelSpec): FeatureLayer[] {
  const found: FeatureLayer[] = [];
  for (const node of spec.nodes) {
    if (node.layer.type !== "conv2d") continue;
    let shown = node.name;
    for (let next = follower(spec, shown); next; next = follower(spec, shown)) shown = next;
    found.push({ node: shown, title: `Convolution ${found.length + 1}` });
    if (found.length === 2) break;
  }
  return found;
}

function follower(spec: ModelSpec, name: string): string | undefined {
  const next = spec.nodes.filter((node) => node.inputs.includes(name));
  const only = next.length === 1 ? next[0] : undefined;
  return only && ["batchNormalization", "activation"].includes(only.layer.type) ? only.name : undefined;
}
