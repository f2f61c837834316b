//! By the same factor every step.

use serde::{Deserialize, Serialize};

use super::{Schedule, check_length, length, not_negative};
use crate::Result;

/// Multiplied by the same factor at every step: `learningRate decayRate^(t / decaySteps)`, as Keras's
/// `ExponentialDecay`; PyTorch's `ExponentialLR` with `decaySteps: 1`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exponential {
    /// The learning rate of the first step.
    pub learning_rate: f64,
    /// What it is multiplied by over `decaySteps` steps; above 1 it grows, as for a test of learning rates.
    pub decay_rate: f64,
    /// The steps of the run if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub decay_steps: Option<u64>,
}

impl Schedule for Exponential {
    fn peak(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        not_negative("exponential: learningRate", self.learning_rate)?;
        check_length("exponential: decaySteps", self.decay_steps)?;
        not_negative("exponential: decayRate", self.decay_rate)
    }

    fn at(&self, step: u64, steps: Option<u64>) -> Result<f64> {
        let length = length("exponential", self.decay_steps, steps)?;
        Ok(self.learning_rate * libm::pow(self.decay_rate, step as f64 / length as f64))
    }
}
