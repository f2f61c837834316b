/** The layers by the names that they have in Keras. What each does and takes is written at its type. */
import type { Constraint, LayerSpec, Regularizer } from "../types/specs.js";
import { Layer, type NodeSettings } from "./graph.js";

type Kind = LayerSpec["type"];
type Attributes<Type extends Kind> = Given<Omit<Extract<LayerSpec, { type: Type }>, "type">>;
/** A layer inside of a layer may be one that was made here. */
type Given<All> = { [Name in keyof All]: All[Name] extends LayerSpec ? LayerSpec | Layer : All[Name] };

/** What every layer takes besides its attributes. */
export interface LayerOptions {
  name?: string;
  /** Whether training changes its parameters; true if not given, and may be set later (`Layer.trainable`). */
  trainable?: boolean;
  /** Penalties on its parameters: `kernelRegularizer`, `biasRegularizer`, ... */
  [regularizer: `${string}Regularizer`]: Regularizer | undefined;
  /** Limits on its parameters: `kernelConstraint`, `biasConstraint`, ... */
  [constraint: `${string}Constraint`]: Constraint | undefined;
}

/** Makes a layer from its attributes; those that all have defaults may be left out. */
type Builder<Type extends Kind> =
  object extends Attributes<Type>
    ? (attributes?: Attributes<Type> & LayerOptions) => Layer
    : (attributes: Attributes<Type> & LayerOptions) => Layer;

function builder<Type extends Kind>(type: Type): Builder<Type> {
  const build = ({ name, trainable, ...rest }: LayerOptions & { layer?: LayerSpec | Layer } = {}) => {
    const attributes: Record<string, unknown> = { type };
    const settings: Required<Omit<NodeSettings, "trainable">> = { regularizers: {}, constraints: {} };
    for (const [key, value] of Object.entries(rest)) {
      const [, parameter, what] = /^(.+)(Regularizer|Constraint)$/.exec(key) ?? [];
      if (value instanceof Layer) attributes[key] = value.spec;
      else if (parameter === undefined) attributes[key] = value;
      else if (value === undefined || value === null) continue;
      else if (what === "Regularizer") settings.regularizers[ownName(type, parameter)] = value as Regularizer;
      else settings.constraints[ownName(type, parameter)] = value as Constraint;
    }
    return new Layer(attributes as unknown as LayerSpec, name, { trainable, ...settings });
  };
  return build as Builder<Type>;
}

/** The name of a parameter, which in Keras is sometimes another within its attributes. */
function ownName(type: Kind, parameter: string): string {
  return type === "depthwiseConv2d" && parameter === "depthwise" ? "kernel" : parameter;
}

/** Makers of layers. Every one takes `LayerOptions` besides its attributes. */
export const layers = {
  conv1d: builder("conv1d"),
  conv2d: builder("conv2d"),
  depthwiseConv2d: builder("depthwiseConv2d"),
  separableConv2d: builder("separableConv2d"),
  conv2dTranspose: builder("conv2dTranspose"),
  maxPooling1d: builder("maxPooling1d"),
  maxPooling2d: builder("maxPooling2d"),
  averagePooling1d: builder("averagePooling1d"),
  averagePooling2d: builder("averagePooling2d"),
  globalAveragePooling1d: builder("globalAveragePooling1d"),
  globalAveragePooling2d: builder("globalAveragePooling2d"),
  globalMaxPooling1d: builder("globalMaxPooling1d"),
  globalMaxPooling2d: builder("globalMaxPooling2d"),
  zeroPadding2d: builder("zeroPadding2d"),
  cropping2d: builder("cropping2d"),
  upSampling2d: builder("upSampling2d"),
  flatten: builder("flatten"),
  reshape: builder("reshape"),
  permute: builder("permute"),
  flip: builder("flip"),
  repeatVector: builder("repeatVector"),
  dense: builder("dense"),
  activation: builder("activation"),
  softmax: builder("softmax"),
  prelu: builder("prelu"),
  dropout: builder("dropout"),
  spatialDropout1d: builder("spatialDropout1d"),
  spatialDropout2d: builder("spatialDropout2d"),
  gaussianNoise: builder("gaussianNoise"),
  batchNormalization: builder("batchNormalization"),
  layerNormalization: builder("layerNormalization"),
  groupNormalization: builder("groupNormalization"),
  add: builder("add"),
  average: builder("average"),
  multiply: builder("multiply"),
  maximum: builder("maximum"),
  minimum: builder("minimum"),
  subtract: builder("subtract"),
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
