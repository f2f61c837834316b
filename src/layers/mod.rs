//! Layers: attributes, shape rules, parameters, forward beside backward.
//!
//! Adding a layer is a file and a line in the table below (docs/adding-a-layer.md). Shapes are those
//! of one sample, without the batch dimension; images are [height, width, channels].

mod activation;
mod attributes;
mod average_pooling2d;
mod axes;
mod batch_normalization;
mod bidirectional;
mod borders;
mod common;
mod concatenate;
mod conv1d;
mod conv2d;
mod conv2d_transpose;
mod convolution;
mod cropping2d;
mod dense;
mod depthwise_conv2d;
mod dropout;
mod embedding;
mod flatten;
mod flip;
mod fold;
mod gaussian_noise;
mod global_average_pooling2d;
mod global_max_pooling2d;
mod global_pooling1d;
mod group_normalization;
mod gru;
mod layer;
mod layer_normalization;
mod lstm;
mod masked_pooling;
mod masking;
mod max_pooling2d;
mod merge;
mod multi_head_attention;
mod op;
mod permute;
mod pooling1d;
mod position_embedding;
mod prelu;
mod recurrent;
mod repeat_vector;
mod rescaling;
mod reshape;
mod separable_conv2d;
mod shapes;
mod simple_rnn;
mod softmax;
mod spatial_dropout;
mod spread;
mod time_distributed;
mod up_sampling2d;
mod values;
mod zero_padding2d;

pub use activation::Activation;
pub(crate) use activation::ActivationOp;
pub use attributes::{Attribute, AttributeReport, Kind};
pub use average_pooling2d::AveragePooling2d;
pub use axes::Axes;
pub use batch_normalization::BatchNormalization;
pub use bidirectional::{Bidirectional, MergeMode};
pub use concatenate::Concatenate;
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use conv2d_transpose::Conv2dTranspose;
pub use cropping2d::Cropping2d;
pub use dense::Dense;
pub use depthwise_conv2d::DepthwiseConv2d;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use flip::Flip;
pub(crate) use fold::Fold;
pub use gaussian_noise::GaussianNoise;
pub use global_average_pooling2d::GlobalAveragePooling2d;
pub use global_max_pooling2d::GlobalMaxPooling2d;
pub use global_pooling1d::{GlobalAveragePooling1d, GlobalMaxPooling1d};
pub use group_normalization::GroupNormalization;
pub use gru::Gru;
pub use layer::{Arity, CompileOptions, Describe, Layer, Masking, ParameterSpec};
pub use layer_normalization::LayerNormalization;
pub use lstm::Lstm;
pub use masking::MaskingLayer;
pub use max_pooling2d::MaxPooling2d;
pub use merge::{Add, Average, Maximum, Minimum, Multiply, Subtract};
pub use multi_head_attention::MultiHeadAttention;
pub use op::{Backward, Forward, InputGradients, Inputs, Masks, Op, Pass, Reads, StepKey};
pub use permute::Permute;
pub use pooling1d::{AveragePooling1d, MaxPooling1d};
pub use position_embedding::{PositionEmbedding, PositionEncoding};
pub use prelu::Prelu;
pub use recurrent::RecurrentActivation;
pub use repeat_vector::RepeatVector;
pub use rescaling::Rescaling;
pub use reshape::Reshape;
pub use separable_conv2d::SeparableConv2d;
pub use shapes::{MAX_ELEMENTS, Shape, element_count};
pub use simple_rnn::SimpleRnn;
pub use softmax::Softmax;
pub use spatial_dropout::{SpatialDropout1d, SpatialDropout2d};
pub use time_distributed::TimeDistributed;
pub use up_sampling2d::UpSampling2d;
pub use values::{ActivationName, Edges, Interpolation, Padding, Pair, SequencePadding};
pub use zero_padding2d::ZeroPadding2d;

use serde::Serialize;
use serde_json::Value;

use self::attributes::Bound;
use self::common::{epsilon, fused, kernel_and_bias, one, orthogonal, two, unfused, yes, zeros};

use crate::json::Json;
use crate::{Result, err};

/// A kind of layer, for an editor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct LayerType {
    /// The name in a specification.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// Whether it takes several inputs.
    pub several_inputs: bool,
    /// Its attributes.
    pub attributes: Vec<AttributeReport>,
}

macro_rules! layers {
    ($($name:literal => $layer:ident,)*) => {
        /// A layer and its attributes: `{ "type": "dense", "units": 10 }`.
        #[derive(Clone, Debug, PartialEq, Json)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(tag = "type")]
        #[allow(missing_docs)] // Each is documented where it is.
        pub enum LayerSpec {
            $(#[serde(rename = $name)] $layer($layer),)*
        }

        impl LayerSpec {
            /// The names of all layers.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The name of its kind.
            #[must_use]
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$layer(_) => $name,)*
                }
            }

            /// The layer itself.
            #[must_use]
            pub fn layer(&self) -> &dyn Layer {
                match self {
                    $(Self::$layer(layer) => layer,)*
                }
            }

            /// The table of its kind.
            #[must_use]
            pub fn attributes(&self) -> &'static [Attribute] {
                match self {
                    $(Self::$layer(_) => $layer::ATTRIBUTES,)*
                }
            }

            /// What is checked of its attributes.
            fn bounds(&self) -> &'static [Bound] {
                match self {
                    $(Self::$layer(_) => {
                        const BOUNDS: &[Bound] = &attributes::bounds::<
                            { $layer::ATTRIBUTES.len() },
                        >($layer::ATTRIBUTES);
                        BOUNDS
                    })*
                }
            }

            /// What its kind does, in a line.
            #[must_use]
            pub fn help(&self) -> &'static str {
                match self {
                    $(Self::$layer(_) => $layer::HELP,)*
                }
            }

            /// The examples of every layer, in the order of the table.
            #[must_use]
            pub fn examples() -> Vec<(Self, Vec<Shape>)> {
                let mut examples = Vec::new();
                $(examples.extend(
                    $layer::examples().into_iter().map(|(layer, shapes)| (layer.into(), shapes)),
                );)*
                examples
            }
        }

        $(impl From<$layer> for LayerSpec {
            fn from(layer: $layer) -> Self {
                Self::$layer(layer)
            }
        })*
    };
}

layers! {
    "conv1d" => Conv1d,
    "conv2d" => Conv2d,
    "depthwiseConv2d" => DepthwiseConv2d,
    "separableConv2d" => SeparableConv2d,
    "conv2dTranspose" => Conv2dTranspose,
    "maxPooling1d" => MaxPooling1d,
    "maxPooling2d" => MaxPooling2d,
    "averagePooling1d" => AveragePooling1d,
    "averagePooling2d" => AveragePooling2d,
    "globalAveragePooling1d" => GlobalAveragePooling1d,
    "globalAveragePooling2d" => GlobalAveragePooling2d,
    "globalMaxPooling1d" => GlobalMaxPooling1d,
    "globalMaxPooling2d" => GlobalMaxPooling2d,
    "flatten" => Flatten,
    "reshape" => Reshape,
    "permute" => Permute,
    "flip" => Flip,
    "repeatVector" => RepeatVector,
    "dense" => Dense,
    "activation" => Activation,
    "softmax" => Softmax,
    "prelu" => Prelu,
    "dropout" => Dropout,
    "spatialDropout1d" => SpatialDropout1d,
    "spatialDropout2d" => SpatialDropout2d,
    "gaussianNoise" => GaussianNoise,
    "batchNormalization" => BatchNormalization,
    "layerNormalization" => LayerNormalization,
    "groupNormalization" => GroupNormalization,
    "add" => Add,
    "average" => Average,
    "multiply" => Multiply,
    "maximum" => Maximum,
    "minimum" => Minimum,
    "subtract" => Subtract,
    "concatenate" => Concatenate,
    "zeroPadding2d" => ZeroPadding2d,
    "cropping2d" => Cropping2d,
    "upSampling2d" => UpSampling2d,
    "rescaling" => Rescaling,
    "embedding" => Embedding,
    "masking" => MaskingLayer,
    "simpleRnn" => SimpleRnn,
    "lstm" => Lstm,
    "gru" => Gru,
    "bidirectional" => Bidirectional,
    "timeDistributed" => TimeDistributed,
    "multiHeadAttention" => MultiHeadAttention,
    "positionEmbedding" => PositionEmbedding,
}

impl Json for Box<LayerSpec> {
    fn from_json(value: &Value) -> serde_json::Result<Self> {
        LayerSpec::from_json(value).map(Self::new)
    }

    fn to_json(&self) -> Value {
        LayerSpec::to_json(self)
    }
}

impl LayerSpec {
    /// The shape of its output, after its attributes and the number of its inputs were checked.
    ///
    /// # Errors
    /// `Argument` for an attribute out of bounds and a wrong number of inputs, `Shape` and
    /// `TooLarge` from the layer's rule.
    pub fn checked_output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        attributes::check(self)?;
        let name = self.type_name();
        let arity = self.layer().arity();
        if !arity.allows(inputs.len()) {
            return Err(err!(Argument, "{name} has {} inputs, expected {arity}", inputs.len()));
        }
        let shape = self.layer().output_shape(inputs)?;
        element_count(&format!("the output of {name}"), &shape)?;
        Ok(shape)
    }
}

/// Every kind of layer with its attributes, for an editor.
#[must_use]
pub fn layer_types() -> Vec<LayerType> {
    let mut types = Vec::<LayerType>::with_capacity(LayerSpec::NAMES.len());
    for (layer, _) in LayerSpec::examples() {
        if types.last().is_none_or(|last| last.name != layer.type_name()) {
            types.push(layer_type(&layer));
        }
    }
    types
}

/// The table of a layer's kind, with the defaults that reading a specification fills in.
fn layer_type(layer: &LayerSpec) -> LayerType {
    let full = serde_json::to_value(layer).unwrap_or_default();
    let attributes = layer.attributes().iter();
    LayerType {
        name: layer.type_name(),
        help: layer.help(),
        several_inputs: layer.layer().arity() == Arity::Several,
        attributes: attributes.map(|a| a.report(default_of(&full, a.name))).collect(),
    }
}

/// What an attribute becomes when it is left out of a full specification; `None` if it must not.
fn default_of(full: &Value, name: &str) -> Option<Value> {
    let mut rest = full.clone();
    rest.as_object_mut()?.remove(name);
    let layer: LayerSpec = serde_json::from_value(rest).ok()?;
    serde_json::to_value(layer).ok()?.get(name).cloned()
}

#[cfg(test)]
mod tests;
