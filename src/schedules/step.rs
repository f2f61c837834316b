//! Down by a factor every so many steps.

use serde::{Deserialize, Serialize};

use super::{Schedule, check_length, check_rate, not_negative};
use crate::Result;

/// Multiplied by a factor every so many steps: `learningRate decayRate^floor(t / decaySteps)`, as
/// PyTorch's `StepLR` and Keras's `ExponentialDecay` with `staircase`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepDecay {
    /// The learning rate of the first step.
    pub learning_rate: f64,
    /// After how many steps it is multiplied.
    pub decay_steps: u64,
    /// By what, from 0 to 1; 0.1 if not given.
    #[serde(default = "default_rate")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub decay_rate: f64,
}

fn default_rate() -> f64 {
    0.1
}

impl Schedule for StepDecay {
    fn peak(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        not_negative("step: learningRate", self.learning_rate)?;
        check_length("step: decaySteps", Some(self.decay_steps))?;
        check_rate("step: decayRate", self.decay_rate)
    }

    fn at(&self, step: u64, _steps: Option<u64>) -> Result<f64> {
        let times = step / self.decay_steps.max(1);
        Ok(self.learning_rate * libm::pow(self.decay_rate, times as f64))
    }
}
