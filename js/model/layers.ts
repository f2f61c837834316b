/** The layers by the names that they have in Keras. What each does and takes is written at its type. */
import type { LayerSpec } from "../types/specs.js";
import { Layer } from "./graph.js";

type Kind = LayerSpec["type"];
type Attributes<Type extends Kind> = Given<Omit<Extract<LayerSpec, { type: Type }>, "type">>;
/** A layer inside of a layer may be one that was made here. */
type Given<All> = { [Name in keyof All]: All[Name] extends LayerSpec ? LayerSpec | Layer : All[Name] };
/** Makes a layer from its attributes; those that all have defaults may be left out. */
type Builder<Type extends Kind> =
  object extends Attributes<Type>
    ? (attributes?: Attributes<Type> & { name?: string }) => Layer
    : (attributes: Attributes<Type> & { name?: string }) => Layer;

function builder<Type extends Kind>(type: Type): Builder<Type> {
  const build = ({ name, ...attributes }: { name?: string; layer?: LayerSpec | Layer } = {}) => {
    const { layer } = attributes;
    const inner = layer instanceof Layer ? { layer: layer.spec } : {};
    return new Layer({ type, ...attributes, ...inner } as LayerSpec, name);
  };
  return build as Builder<Type>;
}

/** Makers of layers. Every one takes a `name` besides its attributes. */
export const layers = {
  conv2d: builder("conv2d"),
  depthwiseConv2d: builder("depthwiseConv2d"),
  maxPooling2d: builder("maxPooling2d"),
  averagePooling2d: builder("averagePooling2d"),
  globalAveragePooling2d: builder("globalAveragePooling2d"),
  globalMaxPooling2d: builder("globalMaxPooling2d"),
  zeroPadding2d: builder("zeroPadding2d"),
  flatten: builder("flatten"),
  reshape: builder("reshape"),
  dense: builder("dense"),
  activation: builder("activation"),
  dropout: builder("dropout"),
  batchNormalization: builder("batchNormalization"),
  add: builder("add"),
  concatenate: builder("concatenate"),
  rescaling: builder("rescaling"),
  embedding: builder("embedding"),
  masking: builder("masking"),
  positionEmbedding: builder("positionEmbedding"),
  simpleRnn: builder("simpleRnn"),
  lstm: builder("lstm"),
  gru: builder("gru"),
  bidirectional: builder("bidirectional"),
  timeDistributed: builder("timeDistributed"),
  multiHeadAttention: builder("multiHeadAttention"),
  // A layer that the engine has and this table has not does not pass the type checker.
} satisfies { [Type in Kind]: Builder<Type> };
