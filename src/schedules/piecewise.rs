//! Constant between given steps.

use serde::{Deserialize, Serialize};

use super::{Schedule, not_negative};
use crate::{Result, err};

/// Constant between given steps: step `t` (from 0) has the value of the first boundary above it, and
/// the last value behind the last boundary. Keras's `PiecewiseConstantDecay` changes one step later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Piecewise {
    /// The steps, from 0 and each larger than the one before, at which the next value begins.
    pub boundaries: Vec<u64>,
    /// The learning rates, one more than the boundaries.
    pub values: Vec<f64>,
}

impl Schedule for Piecewise {
    fn peak(&self) -> f64 {
        self.values.iter().copied().fold(0.0, f64::max)
    }

    fn validate(&self) -> Result<()> {
        let Self { boundaries, values } = self;
        if values.len() != boundaries.len() + 1 {
            return Err(err!(
                Argument,
                "piecewise: found {} values for {} boundaries, expected one value more",
                values.len(),
                boundaries.len()
            ));
        }
        if let Some(pair) = boundaries.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(err!(
                Argument,
                "piecewise: found the boundary {} behind {}, expected a larger one",
                pair[1],
                pair[0]
            ));
        }
        values.iter().try_for_each(|&value| not_negative("piecewise: a value", value))
    }

    fn at(&self, step: u64, _steps: Option<u64>) -> Result<f64> {
        let at = self.boundaries.partition_point(|&boundary| boundary <= step);
        Ok(self.values.get(at).copied().unwrap_or(0.0))
    }
}
