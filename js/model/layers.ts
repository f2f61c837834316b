/** The layers by the names that they have in Keras. What each does and takes is written at its type. */
import { TabgradError } from "../errors.js";
import type { Constraint, LayerSpec, Regularizer } from "../types/specs.js";
import { Layer, type NodeSettings } from "./graph.js";

type Kind = LayerSpec["type"];
type Attributes<Type extends Kind> = Given<Omit<Extract<LayerSpec, { type: Type }>, "type">>;
/**
 * A layer inside of a layer may be one that was made here: the one around it is then frozen, penalised and limited as
 * that one is when it is given, in both directions alike. It must have no name.
 */
type Given<All> = { [Name in keyof All]: All[Name] extends LayerSpec ? LayerSpec | Layer : All[Name] };

/** What every layer takes besides its attributes. */
export interface LayerOptions {
  name?: string;
  /** Whether training changes its parameters; true if not given, and may be set later (`Layer.trainable`). */
  trainable?: boolean;
  /**
   * Penalties on its parameters: `kernelRegularizer`, `biasRegularizer`, `recurrentRegularizer`,
   * `depthwiseRegularizer`, `pointwiseRegularizer`, `embeddingsRegularizer`, `gammaRegularizer`, ... Of attention
   * `kernelRegularizer` holds for the kernels of all projections, and `queryKernelRegularizer` for that of one.
   */
  [regularizer: `${string}Regularizer`]: Regularizer | undefined;
  /** Limits on its parameters, by the same names: `kernelConstraint`, `biasConstraint`, ... */
  [constraint: `${string}Constraint`]: Constraint | undefined;
}

/** Makes a layer from its attributes; those that all have defaults may be left out. */
type Builder<Type extends Kind> =
  object extends Attributes<Type>
    ? (attributes?: Attributes<Type> & LayerOptions) => Layer
    : (attributes: Attributes<Type> & LayerOptions) => Layer;

/** What is said of a layer besides its attributes, by the engine's names of parameters. */
type Settings = Required<NodeSettings>;
/** Of those, the penalties or the limits. */
type Limits = { [parameter: string]: Regularizer | Constraint };

function builder<Type extends Kind>(type: Type): Builder<Type> {
  const build = ({ name, trainable = true, ...rest }: LayerOptions & { layer?: LayerSpec | Layer } = {}) => {
    const attributes: Record<string, unknown> = { type };
    const settings: Settings = { trainable, regularizers: {}, constraints: {} };
    if (rest.layer instanceof Layer) takeOver(settings, type, rest.layer);
    for (const [key, value] of Object.entries(rest)) {
      const [, parameter, what] = /^(.+)(Regularizer|Constraint)$/.exec(key) ?? [];
      if (value instanceof Layer) attributes[key] = value.spec;
      else if (parameter === undefined) attributes[key] = value;
      else if (value !== undefined && value !== null) {
        const limits = settings[what === "Constraint" ? "constraints" : "regularizers"];
        give(limits, OWN_NAMES[type]?.[parameter] ?? [parameter], value as Regularizer | Constraint);
      }
    }
    return new Layer(attributes as unknown as LayerSpec, name, settings);
  };
  return build as Builder<Type>;
}

const recurrent = { recurrent: ["recurrentKernel"] };
const projections = ["query", "key", "value", "output"];

/** Where a parameter has another name than in Keras's settings, or is several. */
const OWN_NAMES: { readonly [Type in Kind]?: { readonly [parameter: string]: readonly string[] } } = {
  depthwiseConv2d: { depthwise: ["kernel"] },
  separableConv2d: { depthwise: ["depthwiseKernel"], pointwise: ["pointwiseKernel"] },
  simpleRnn: recurrent,
  lstm: recurrent,
  gru: recurrent,
  multiHeadAttention: {
    kernel: projections.map((name) => `${name}Kernel`),
    bias: projections.map((name) => `${name}Bias`),
  },
};

/** Sets what is said of parameters; what is said of one of them alone holds, whichever came first. */
function give(all: Limits, parameters: readonly string[], value: Regularizer | Constraint): void {
  const alone = parameters.length === 1;
  for (const parameter of parameters) if (alone || !(parameter in all)) all[parameter] = value;
}

/** Adds what is said of a layer to what is said of the one around it, whose parameters are those of that layer. */
function takeOver(settings: Settings, type: Kind, inner: Layer): void {
  if (inner.name !== undefined) {
    throw new TabgradError(
      "argument",
      `${type}: the layer inside has the name "${inner.name}", expected none; name the ${type}.`,
    );
  }
  settings.trainable &&= inner.trainable;
  for (const what of ["regularizers", "constraints"] as const) {
    const own: Limits = inner.settings[what] ?? {};
    for (const [parameter, value] of Object.entries(own))
      give(settings[what], namesAround(type, parameter), value);
  }
}

/** The names of a layer's parameter in the one around it: of two directions each has its own. */
function namesAround(type: Kind, parameter: string): readonly string[] {
  if (type !== "bidirectional") return [parameter];
  const name = parameter.charAt(0).toUpperCase() + parameter.slice(1);
  return [`forward${name}`, `backward${name}`];
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
