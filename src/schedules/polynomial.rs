//! Down along a power of what is left.

use serde::{Deserialize, Serialize};

use super::{Schedule, check_length, length, not_negative};
use crate::{Result, err};

/// Down to a last value along a power of what is left, then constant:
/// `end + (learningRate - end) (1 - t / decaySteps)^power`, as Keras's `PolynomialDecay` and, with an
/// end of 0, PyTorch's `PolynomialLR`. A power of 1 is a straight line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Polynomial {
    /// The learning rate of the first step.
    pub learning_rate: f64,
    /// The learning rate after `decaySteps` steps; 0 if not given.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub end_learning_rate: f64,
    /// Above 0; 1 if not given.
    #[serde(default = "default_power")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub power: f64,
    /// The steps of the run if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub decay_steps: Option<u64>,
    /// Whether `decaySteps` is doubled, tripled and so on whenever its end is reached, so that the
    /// rate rises again, as Keras has it.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cycle: bool,
}

fn default_power() -> f64 {
    1.0
}

impl Schedule for Polynomial {
    fn peak(&self) -> f64 {
        self.learning_rate.max(self.end_learning_rate)
    }

    fn validate(&self) -> Result<()> {
        not_negative("polynomial: learningRate", self.learning_rate)?;
        not_negative("polynomial: endLearningRate", self.end_learning_rate)?;
        check_length("polynomial: decaySteps", self.decay_steps)?;
        if self.power > 0.0 && self.power.is_finite() {
            return Ok(());
        }
        Err(err!(Argument, "polynomial: power is {}, expected a finite number above 0", self.power))
    }

    fn at(&self, step: u64, steps: Option<u64>) -> Result<f64> {
        let mut length = length("polynomial", self.decay_steps, steps)?;
        if self.cycle {
            length = length.saturating_mul(step.div_ceil(length).max(1));
        }
        let left = 1.0 - (step as f64 / length as f64).min(1.0);
        let way = if self.power == 1.0 { left } else { libm::pow(left, self.power) };
        Ok(self.end_learning_rate + (self.learning_rate - self.end_learning_rate) * way)
    }
}
