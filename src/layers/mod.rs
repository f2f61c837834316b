//! Layers: attributes, shape rules, parameters, forward beside backward.
//!
//! Adding a layer is a file and a line in the table below (docs/adding-a-layer.md). Shapes are those
//! of one sample, without the batch dimension; images are [height, width, channels].

mod activation;
mod add;
mod attributes;
mod average_pooling2d;
mod batch_normalization;
mod bidirectional;
mod concatenate;
mod conv2d;
mod convolution;
mod dense;
mod depthwise_conv2d;
mod dropout;
mod embedding;
mod flatten;
mod fold;
mod global_average_pooling2d;
mod global_max_pooling2d;
mod gru;
mod layer;
mod lstm;
mod masking;
mod max_pooling2d;
mod multi_head_attention;
mod op;
mod position_embedding;
mod recurrent;
mod rescaling;
mod reshape;
mod shapes;
mod simple_rnn;
mod time_distributed;
mod values;
mod zero_padding2d;

pub use activation::Activation;
pub(crate) use activation::ActivationOp;
pub use add::Add;
pub use attributes::{Attribute, AttributeReport, Kind};
pub use average_pooling2d::AveragePooling2d;
pub use batch_normalization::BatchNormalization;
pub use bidirectional::{Bidirectional, MergeMode};
pub use concatenate::Concatenate;
pub use conv2d::Conv2d;
pub use dense::Dense;
pub use depthwise_conv2d::DepthwiseConv2d;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use flatten::Flatten;
pub(crate) use fold::Fold;
pub use global_average_pooling2d::GlobalAveragePooling2d;
pub use global_max_pooling2d::GlobalMaxPooling2d;
pub use gru::Gru;
pub use layer::{Arity, CompileOptions, Describe, Layer, Masking, ParameterSpec};
pub use lstm::Lstm;
pub use masking::MaskingLayer;
pub use max_pooling2d::MaxPooling2d;
pub use multi_head_attention::MultiHeadAttention;
pub use op::{Backward, Forward, InputGradients, Inputs, Masks, Op, Pass, Reads, StepKey};
pub use position_embedding::{PositionEmbedding, PositionEncoding};
pub use recurrent::RecurrentActivation;
pub use rescaling::Rescaling;
pub use reshape::Reshape;
pub use shapes::{MAX_ELEMENTS, Shape, element_count};
pub use simple_rnn::SimpleRnn;
pub use time_distributed::TimeDistributed;
pub use values::{ActivationName, Edges, Padding, Pair};
pub use zero_padding2d::ZeroPadding2d;

use serde::Serialize;
use serde_json::Value;

use self::attributes::Bound;

use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::activation::Activation as Function;
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
    "conv2d" => Conv2d,
    "depthwiseConv2d" => DepthwiseConv2d,
    "maxPooling2d" => MaxPooling2d,
    "averagePooling2d" => AveragePooling2d,
    "globalAveragePooling2d" => GlobalAveragePooling2d,
    "globalMaxPooling2d" => GlobalMaxPooling2d,
    "flatten" => Flatten,
    "reshape" => Reshape,
    "dense" => Dense,
    "activation" => Activation,
    "dropout" => Dropout,
    "batchNormalization" => BatchNormalization,
    "add" => Add,
    "concatenate" => Concatenate,
    "zeroPadding2d" => ZeroPadding2d,
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

/// A default of attributes.
fn yes() -> bool {
    true
}

/// A default of attributes.
fn one() -> usize {
    1
}

/// A default of attributes.
fn orthogonal() -> Initializer {
    Initializer::Orthogonal
}

/// A default of attributes.
fn zeros() -> Initializer {
    Initializer::Zeros
}

/// The part of an activation that an op does itself.
fn fused(activation: ActivationName) -> Rectifier {
    Rectifier::of(activation.with_defaults()).unwrap_or_default()
}

/// The activation that follows an op which does the rectifiers itself.
fn unfused(activation: ActivationName) -> Function {
    let function = activation.with_defaults();
    if Rectifier::of(function).is_some() { Function::Linear } else { function }
}

/// The parameters of a layer with a kernel (its shape and initialiser) and perhaps a bias (its size
/// and initialiser).
fn kernel_and_bias(
    kernel: (Shape, Initializer),
    bias: Option<(usize, Initializer)>,
    fans: Fans,
) -> Vec<ParameterSpec> {
    let parameter = |name, shape, initializer| ParameterSpec {
        name,
        shape,
        initializer,
        fans,
        trainable: true,
    };
    let mut parameters = vec![parameter("kernel", kernel.0, kernel.1)];
    parameters.extend(bias.map(|(size, filled)| parameter("bias", vec![size], filled)));
    parameters
}

#[cfg(test)]
mod tests;
