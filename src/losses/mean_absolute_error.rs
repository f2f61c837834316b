//! Mean absolute error.

use serde::{Deserialize, Serialize};

use super::rows::over_differences;
use super::{Loss, LossBatch, TargetKind, needs_values};
use crate::Result;

/// `|y - t|`, the mean over the outputs of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct MeanAbsoluteError {}

impl Loss for MeanAbsoluteError {
    fn validate(&self, _width: usize, targets: TargetKind) -> Result<()> {
        needs_values("meanAbsoluteError", targets)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        over_differences(batch, losses, doutputs, |difference| {
            // The derivative at the kink is 0, as in PyTorch.
            let sign = if difference == 0.0 { 0.0 } else { difference.signum() };
            (difference.abs(), sign)
        });
    }
}
