//! Mean squared error.

use serde::{Deserialize, Serialize};

use super::rows::over_differences;
use super::{Loss, LossBatch, TargetKind, needs_values};
use crate::Result;

/// `(y - t)^2`, the mean over the outputs of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct MeanSquaredError {}

impl Loss for MeanSquaredError {
    fn validate(&self, _width: usize, targets: TargetKind) -> Result<()> {
        needs_values("meanSquaredError", targets)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        over_differences(batch, losses, doutputs, |difference| {
            (difference * difference, 2.0 * difference)
        });
    }
}
