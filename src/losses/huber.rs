//! Huber's loss.

use serde::{Deserialize, Serialize};

use super::rows::over_differences;
use super::{Loss, LossBatch, TargetKind, needs_values};
use crate::{Result, err};

/// Of differences `d = y - t`: `d^2 / 2` up to `delta`, `delta (|d| - delta / 2)` beyond (Huber, 1964);
/// the mean over the outputs of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields, default)]
pub struct Huber {
    /// The difference from which on the loss grows no faster; 1 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub delta: f32,
}

impl Default for Huber {
    fn default() -> Self {
        Self { delta: 1.0 }
    }
}

impl Loss for Huber {
    fn validate(&self, _width: usize, targets: TargetKind) -> Result<()> {
        if !self.delta.is_finite() || self.delta <= 0.0 {
            return Err(err!(
                Argument,
                "huber: delta is {}, expected a finite number above 0",
                self.delta
            ));
        }
        needs_values("huber", targets)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let delta = self.delta;
        over_differences(batch, losses, doutputs, |difference| {
            let size = difference.abs();
            if size <= delta {
                (0.5 * difference * difference, difference)
            } else {
                (delta * (size - 0.5 * delta), delta.copysign(difference))
            }
        });
    }
}
