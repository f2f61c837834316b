//! Long short-term memory.

use std::ops::Range;

use super::recurrent::{self, Common, RecurrentActivation, RecurrentLayer};
use super::{Attribute, Describe, Kind, Shape};
use crate::initializers::Initializer;
use crate::json::Json;
use crate::kernels::recurrent::Lstm as Cell;

/// Long short-term memory, as Keras `LSTM`, over sequences [steps, features]. The gates are in Keras's
/// order i, f, c, o (PyTorch: the same, with one bias where it has two). Two more inputs are the state and
/// the memory before the first step. There is no `returnState`: the output without `returnSequences` is
/// the last state, which a decoder may take for both; the last memory is not given. Masked steps leave
/// both as they are.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lstm {
    /// The numbers of the state.
    pub units: usize,
    /// The function of the state.
    #[serde(default)]
    pub activation: RecurrentActivation,
    /// The function of the gates.
    #[serde(default = "RecurrentActivation::sigmoid")]
    pub recurrent_activation: RecurrentActivation,
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
    /// Whether the forget gate's bias begins with 1 and only the others as `biasInitializer` says, so
    /// that the memory is kept at first.
    #[serde(default = "super::yes")]
    pub unit_forget_bias: bool,
}

impl Lstm {
    /// A layer with Keras's defaults.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self {
            units,
            activation: RecurrentActivation::Tanh,
            recurrent_activation: RecurrentActivation::Sigmoid,
            use_bias: true,
            return_sequences: false,
            go_backwards: false,
            dropout: 0.0,
            recurrent_dropout: 0.0,
            kernel_initializer: Initializer::GlorotUniform,
            recurrent_initializer: Initializer::Orthogonal,
            bias_initializer: Initializer::Zeros,
            unit_forget_bias: true,
        }
    }
}

impl RecurrentLayer for Lstm {
    fn common(&self) -> Common {
        Common {
            name: "lstm",
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
            gates: 4,
            states: 2,
            biases: 1,
        }
    }

    fn cell(&self) -> Box<dyn recurrent::Cell> {
        Box::new(Cell {
            activation: self.activation.function(),
            recurrent_activation: self.recurrent_activation.function(),
        })
    }

    fn unit_bias(&self) -> Range<usize> {
        if self.unit_forget_bias { self.units..2 * self.units } else { 0..0 }
    }
}

impl Describe for Lstm {
    const HELP: &'static str = "A recurrent layer with a memory, for long sequences.";
    const ATTRIBUTES: &'static [Attribute] = &[
        recurrent::UNITS,
        recurrent::ACTIVATION,
        recurrent::RECURRENT_ACTIVATION,
        recurrent::USE_BIAS,
        recurrent::RETURN_SEQUENCES,
        recurrent::GO_BACKWARDS,
        recurrent::DROPOUT,
        recurrent::RECURRENT_DROPOUT,
        recurrent::KERNEL_INITIALIZER,
        recurrent::RECURRENT_INITIALIZER,
        recurrent::BIAS_INITIALIZER,
        Attribute::new(
            "unitForgetBias",
            Kind::Boolean,
            "Whether the forget gate's bias begins with 1.",
        ),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let initial = vec![vec![3, 2], vec![3], vec![3]];
        vec![
            (Self { return_sequences: true, ..Self::new(5) }, vec![vec![4, 3]]),
            (Self { go_backwards: true, ..Self::new(3) }, vec![vec![3, 2]]),
            (
                Self {
                    use_bias: false,
                    recurrent_activation: RecurrentActivation::HardSigmoid,
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

#[cfg(test)]
mod tests {
    use super::Lstm;
    use crate::initializers::Initializer;
    use crate::layers::{Bidirectional, LayerSpec, MergeMode};
    use crate::model::Model;
    use crate::spec::ModelSpec;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The biases that a layer begins with.
    fn biases(layer: LayerSpec) -> Vec<f32> {
        let spec = ModelSpec::sequential(None, vec![3, 2], vec![layer]);
        let model = Model::new(spec).expect("a model");
        let biases = model.tensors().iter().filter(|slot| slot.shape.len() == 1);
        biases.flat_map(|slot| &model.weights()[slot.range.clone()]).copied().collect()
    }

    #[test]
    fn forget_gates_begin_open_and_the_others_by_the_initializer() {
        let of = |bias_initializer, unit_forget_bias| {
            biases(Lstm { bias_initializer, unit_forget_bias, ..Lstm::new(2) }.into())
        };
        let open = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(of(Initializer::Zeros, true), open);
        assert_eq!(of(Initializer::Zeros, false), [0.0; 8]);
        let drawn = of(Initializer::RandomNormal, false);
        assert!(drawn.iter().all(|bias| *bias != 0.0 && *bias != 1.0), "{drawn:?}");
        let expected = [&drawn[..2], &[1.0, 1.0], &drawn[4..]].concat();
        assert_eq!(of(Initializer::RandomNormal, true), expected);
        let layer = Box::new(Lstm::new(2).into());
        let both = Bidirectional { layer, merge_mode: MergeMode::Sum };
        assert_eq!(biases(both.into()), [open, open].concat());
    }
}
