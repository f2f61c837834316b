//! The kinds of values that attributes have.

use serde::de::Error as _;
use serde_json::{Error, Result, Value};

use crate::json::Json;
use crate::kernels;
use crate::kernels::activation::Activation;

/// [height, width]; in a specification one number may stand for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub [usize; 2]);

impl Pair {
    /// 1 by 1.
    pub(super) fn ones() -> Self {
        Self([1, 1])
    }

    /// 2 by 2.
    pub(super) fn twos() -> Self {
        Self([2, 2])
    }
}

impl From<usize> for Pair {
    fn from(side: usize) -> Self {
        Self([side, side])
    }
}

impl From<[usize; 2]> for Pair {
    fn from(sides: [usize; 2]) -> Self {
        Self(sides)
    }
}

/// What stands in a specification for a [`Pair`] or for [`Edges`].
enum Written {
    One(usize),
    Two([usize; 2]),
    Four([[usize; 2]; 2]),
}

impl Written {
    fn read(value: &Value) -> Option<Self> {
        fn size(value: &Value) -> Option<usize> {
            usize::try_from(value.as_u64()?).ok()
        }
        fn pair(values: &[Value]) -> Option<[usize; 2]> {
            let [first, second] = values else { return None };
            Some([size(first)?, size(second)?])
        }
        match value {
            Value::Array(values) => pair(values).map(Self::Two).or_else(|| {
                let [first, second] = &values[..] else { return None };
                Some(Self::Four([pair(first.as_array()?)?, pair(second.as_array()?)?]))
            }),
            _ => size(value).map(Self::One),
        }
    }
}

impl Json for Pair {
    fn from_json(value: &Value) -> Result<Self> {
        match Written::read(value) {
            Some(Written::One(side)) => Ok(side.into()),
            Some(Written::Two(sides)) => Ok(Self(sides)),
            _ => Err(Error::custom("expected a whole number or a pair [height, width]")),
        }
    }

    fn to_json(&self) -> Value {
        let [height, width] = self.0;
        if height == width { height.into() } else { [height, width].into() }
    }
}

/// Rows and columns added around an image: [[top, bottom], [left, right]]. In a specification a
/// number stands for all four, a pair for [top and bottom, left and right].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edges(pub [[usize; 2]; 2]);

impl Default for Edges {
    fn default() -> Self {
        Self([[1; 2]; 2])
    }
}

impl Json for Edges {
    fn from_json(value: &Value) -> Result<Self> {
        match Written::read(value) {
            Some(Written::One(all)) => Ok(Self([[all; 2]; 2])),
            Some(Written::Two([rows, columns])) => Ok(Self([[rows; 2], [columns; 2]])),
            Some(Written::Four(edges)) => Ok(Self(edges)),
            None => Err(Error::custom(
                "expected a whole number, a pair or [[top, bottom], [left, right]]",
            )),
        }
    }

    fn to_json(&self) -> Value {
        let [[top, bottom], [left, right]] = self.0;
        if top == bottom && left == right {
            return Pair([top, left]).to_json();
        }
        self.0.map(Value::from).to_vec().into()
    }
}

/// How windows treat the borders of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Padding {
    /// Windows lie wholly inside.
    #[default]
    Valid,
    /// Zeros around the image, so that the output has `ceil(size / stride)` rows and columns. An
    /// odd one is added at the end, as TensorFlow and Keras do.
    Same,
}

impl Padding {
    /// The names in a specification.
    pub const NAMES: &'static [&'static str] = &["valid", "same"];
}

impl From<Padding> for kernels::Padding {
    fn from(padding: Padding) -> Self {
        match padding {
            Padding::Valid => Self::Valid,
            Padding::Same => Self::Same,
        }
    }
}

/// How windows treat the ends of a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum SequencePadding {
    /// Windows lie wholly inside.
    #[default]
    Valid,
    /// Zeros at both ends, so that the output has `ceil(length / stride)` places. An odd one is added
    /// at the end.
    Same,
    /// As many places, with all zeros before the first: no output sees what comes after its place.
    Causal,
}

impl SequencePadding {
    /// The names in a specification.
    pub const NAMES: &'static [&'static str] = &["valid", "same", "causal"];
}

impl From<SequencePadding> for kernels::Padding {
    fn from(padding: SequencePadding) -> Self {
        match padding {
            SequencePadding::Valid => Self::Valid,
            SequencePadding::Same => Self::Same,
            SequencePadding::Causal => Self::Causal,
        }
    }
}

/// How pixels between pixels are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Interpolation {
    /// The nearest one is repeated.
    #[default]
    Nearest,
    /// The mean of the four around, weighted by how near they are.
    Bilinear,
}

impl Interpolation {
    /// The names in a specification.
    pub const NAMES: &'static [&'static str] = &["nearest", "bilinear"];
}

/// An activation by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum ActivationName {
    /// `x`
    #[default]
    Linear,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
    /// `x` where positive, else `negativeSlope x`
    LeakyRelu,
    /// `x` where positive, else `alpha (e^x - 1)`
    Elu,
    /// `x Φ(x)`
    Gelu,
    /// `1 / (1 + e^-x)`
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `ln(1 + e^x)`
    Softplus,
    /// `e^x / Σ e^x` over the last axis.
    Softmax,
    /// `1.0507 x` where positive, else `1.7581 (e^x - 1)`
    Selu,
    /// `x / (1 + e^-x)`, also called swish.
    Silu,
    /// `x tanh(ln(1 + e^x))`
    Mish,
    /// `min(max(x + 3, 0), 6) / 6`
    HardSigmoid,
    /// `x min(max(x + 3, 0), 6) / 6`, also called hard SiLU.
    HardSwish,
    /// `x / (1 + |x|)`
    Softsign,
    /// `e^x`
    Exponential,
    /// `x - ln Σ e^x` over the last axis.
    LogSoftmax,
}

impl ActivationName {
    /// The names in a specification.
    pub const NAMES: &'static [&'static str] = &[
        "linear",
        "relu",
        "relu6",
        "leakyRelu",
        "elu",
        "gelu",
        "sigmoid",
        "tanh",
        "softplus",
        "softmax",
        "selu",
        "silu",
        "mish",
        "hardSigmoid",
        "hardSwish",
        "softsign",
        "exponential",
        "logSoftmax",
    ];

    /// All of them, in the order of their names.
    pub const ALL: &'static [Self] = &[
        Self::Linear,
        Self::Relu,
        Self::Relu6,
        Self::LeakyRelu,
        Self::Elu,
        Self::Gelu,
        Self::Sigmoid,
        Self::Tanh,
        Self::Softplus,
        Self::Softmax,
        Self::Selu,
        Self::Silu,
        Self::Mish,
        Self::HardSigmoid,
        Self::HardSwish,
        Self::Softsign,
        Self::Exponential,
        Self::LogSoftmax,
    ];

    /// With the parameters that it has where it is only named, as an attribute of another layer:
    /// those that the layer `activation` has by default.
    #[must_use]
    pub fn with_defaults(self) -> Activation {
        super::Activation::new(self).function()
    }
}
