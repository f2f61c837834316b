//! Poisson's loss.

use serde::{Deserialize, Serialize};

use super::cross_entropy::EPSILON;
use super::rows::over_pairs;
use super::{Allowed, Loss, LossBatch, TargetKind, needs_values};
use crate::Result;
use crate::kernels::vecmath;

/// `y - t ln(y + 1e-7)`, the mean over the outputs of a row: how unlikely counts `t` are where `y` are
/// expected, without what does not depend on `y`.
///
/// The network's outputs must not be negative: end it in a softplus or exponential, for example.
/// Where one is, the loss is no number, and training ends with `diverged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Poisson {}

impl Loss for Poisson {
    fn allowed_targets(&self) -> Allowed {
        Allowed::Between(0.0, f32::MAX)
    }

    fn validate(&self, _width: usize, targets: TargetKind) -> Result<()> {
        needs_values("poisson", targets)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        over_pairs(batch, losses, doutputs, |y, t| {
            let rate = y + EPSILON;
            (y - t * vecmath::ln_scalar(rate), 1.0 - t / rate)
        });
    }
}
