//! The same learning rate all the time.

use serde::{Deserialize, Serialize};

use super::{Schedule, not_negative};
use crate::Result;

/// A learning rate that stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Constant {
    /// The learning rate of every step.
    pub learning_rate: f64,
}

impl Schedule for Constant {
    fn peak(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        not_negative("learningRate", self.learning_rate)
    }

    fn at(&self, _step: u64, _steps: Option<u64>) -> Result<f64> {
        Ok(self.learning_rate)
    }
}
