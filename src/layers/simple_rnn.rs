//! A plain recurrent layer.

use super::recurrent::{self, Common, RecurrentActivation, RecurrentLayer};
use super::{Attribute, Describe, Shape};
use crate::initializers::Initializer;
use crate::json::Json;
use crate::kernels::recurrent::Simple as Cell;

/// A plain recurrent layer, as Keras `SimpleRNN`: `h' = f(x kernel + h recurrentKernel + bias)` over
/// sequences [steps, features] (PyTorch: the same, with two biases that are added). A second input is
/// the state before the first step; there is no `returnState`, as the output without
/// `returnSequences` is the last state. Masked steps leave the state as it is.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimpleRnn {
    /// The numbers of the state.
    pub units: usize,
    /// The function of the state.
    #[serde(default)]
    pub activation: RecurrentActivation,
    /// Whether a number is added to each gate.
    #[serde(default = "super::yes")]
    pub use_bias: bool,
    /// Whether the state after every step is given, [steps, units], and not only after the last,
    /// [units].
    #[serde(default)]
    pub return_sequences: bool,
    /// Whether it goes from the end to the beginning; a sequence that is given is then in that order.
    #[serde(default)]
    pub go_backwards: bool,
    /// The share of each input that is left out while training, at all steps the same (Gal and
    /// Ghahramani, 2016).
    #[serde(default)]
    pub dropout: f64,
    /// The share of the state that the gates do not see while training, at all steps the same.
    #[serde(default)]
    pub recurrent_dropout: f64,
    /// How the inputs' weights begin.
    #[serde(default)]
    pub kernel_initializer: Initializer,
    /// How the state's weights begin.
    #[serde(default = "super::orthogonal")]
    pub recurrent_initializer: Initializer,
    /// How the bias begins.
    #[serde(default = "super::zeros")]
    pub bias_initializer: Initializer,
}

impl SimpleRnn {
    /// A layer with Keras's defaults.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self {
            units,
            activation: RecurrentActivation::Tanh,
            use_bias: true,
            return_sequences: false,
            go_backwards: false,
            dropout: 0.0,
            recurrent_dropout: 0.0,
            kernel_initializer: Initializer::GlorotUniform,
            recurrent_initializer: Initializer::Orthogonal,
            bias_initializer: Initializer::Zeros,
        }
    }
}

impl RecurrentLayer for SimpleRnn {
    fn common(&self) -> Common {
        Common {
            name: "simpleRnn",
            units: self.units,
            use_bias: self.use_bias,
            return_sequences: self.return_sequences,
            go_backwards: self.go_backwards,
            in_time: false,
            dropout: self.dropout,
            recurrent_dropout: self.recurrent_dropout,
            kernel_initializer: self.kernel_initializer,
            recurrent_initializer: self.recurrent_initializer,
            bias_initializer: self.bias_initializer,
            gates: 1,
            states: 1,
            biases: 1,
        }
    }

    fn cell(&self) -> Box<dyn recurrent::Cell> {
        Box::new(Cell { activation: self.activation.function() })
    }
}

impl Describe for SimpleRnn {
    const HELP: &'static str = "A recurrent layer without gates, for short sequences.";
    const ATTRIBUTES: &'static [Attribute] = &[
        recurrent::UNITS,
        recurrent::ACTIVATION,
        recurrent::USE_BIAS,
        recurrent::RETURN_SEQUENCES,
        recurrent::GO_BACKWARDS,
        recurrent::DROPOUT,
        recurrent::RECURRENT_DROPOUT,
        recurrent::KERNEL_INITIALIZER,
        recurrent::RECURRENT_INITIALIZER,
        recurrent::BIAS_INITIALIZER,
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let initial = vec![vec![3, 2], vec![3]];
        vec![
            (Self { return_sequences: true, ..Self::new(5) }, vec![vec![4, 3]]),
            (Self { go_backwards: true, ..Self::new(3) }, vec![vec![3, 2]]),
            (
                Self {
                    use_bias: false,
                    activation: RecurrentActivation::Relu,
                    return_sequences: true,
                    go_backwards: true,
                    ..Self::new(3)
                },
                initial,
            ),
            (Self { dropout: 0.4, recurrent_dropout: 0.3, ..Self::new(4) }, vec![vec![3, 5]]),
        ]
    }
}
