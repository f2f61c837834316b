/** The kinds of layers by what they are for: the order in which they are offered. */
import type { LayerType } from "tabgrad";
import type { Choice } from "../settings/choices";
import { words } from "./words";

export interface LayerGroup<Kind = string> {
  name: string;
  kinds: readonly Kind[];
}

/** Where kinds go that none of the groups knows. */
export const OTHER = "Other";

const groups: readonly LayerGroup[] = [
  {
    name: "Convolution",
    kinds: ["conv2d", "separableConv2d", "depthwiseConv2d", "conv2dTranspose", "conv1d"],
  },
  { name: "Dense", kinds: ["dense"] },
  { name: "Activation", kinds: ["activation", "prelu", "softmax"] },
  {
    name: "Pooling",
    kinds: [
      "maxPooling2d",
      "averagePooling2d",
      "globalAveragePooling2d",
      "globalMaxPooling2d",
      "maxPooling1d",
      "averagePooling1d",
      "globalAveragePooling1d",
      "globalMaxPooling1d",
    ],
  },
  {
    name: "Normalisation",
    kinds: ["batchNormalization", "layerNormalization", "groupNormalization", "rescaling"],
  },
  {
    name: "Against overfitting",
    kinds: ["dropout", "spatialDropout2d", "spatialDropout1d", "gaussianNoise"],
  },
  { name: "Sequences", kinds: ["lstm", "gru", "simpleRnn", "bidirectional", "timeDistributed", "masking"] },
  { name: "Words and attention", kinds: ["embedding", "positionEmbedding", "multiHeadAttention"] },
  {
    name: "Shape",
    kinds: [
      "flatten",
      "reshape",
      "permute",
      "flip",
      "repeatVector",
      "upSampling2d",
      "zeroPadding2d",
      "cropping2d",
    ],
  },
  {
    name: "Several inputs",
    kinds: ["add", "average", "multiply", "maximum", "minimum", "subtract", "concatenate"],
  },
];

/** The group of a kind. */
export function groupOf(kind: string): string {
  return groups.find(({ kinds }) => kinds.includes(kind))?.name ?? OTHER;
}

/** These kinds by group, those of each in its order; groups without any are left out. */
export function grouped<Kind extends Pick<LayerType, "type">>(types: readonly Kind[]): LayerGroup<Kind>[] {
  const found = groups.map(({ name, kinds }) => ({
    name,
    kinds: kinds.flatMap((kind) => types.filter(({ type }) => type === kind)),
  }));
  const others = types.filter(({ type }) => groupOf(type) === OTHER);
  return [...found, { name: OTHER, kinds: others }].filter(({ kinds }) => kinds.length > 0);
}

/** These kinds as they are offered. */
export function layerChoices(types: readonly Pick<LayerType, "type" | "help">[]): Choice[] {
  return grouped(types).flatMap(({ name: group, kinds }) =>
    kinds.map(({ type, help }) => ({ type, name: words(type), group, help })),
  );
}
