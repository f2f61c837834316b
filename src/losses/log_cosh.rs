//! The logarithm of the hyperbolic cosine.

use serde::{Deserialize, Serialize};

use super::rows::over_differences;
use super::{Loss, LossBatch, TargetKind, needs_values};
use crate::Result;
use crate::kernels::vecmath;

/// Below it the series of `ln cosh` is exact to the last digit of an f32, where the formula would
/// take the difference of numbers that are nearly the same.
const SERIES: f32 = 0.25;

/// `ln cosh(y - t)`, the mean over the outputs of a row: like half the squared error where
/// differences are small, like the absolute error where they are large.
///
/// `ln cosh d = |d| + ln(1 + exp(-2 |d|)) - ln 2`, `d/dy = tanh d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct LogCosh {}

impl Loss for LogCosh {
    fn validate(&self, _width: usize, targets: TargetKind) -> Result<()> {
        needs_values("logCosh", targets)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        over_differences(batch, losses, doutputs, |difference| {
            (log_cosh(difference.abs()), vecmath::tanh_scalar(difference))
        });
    }
}

/// `ln cosh` of a number from 0 on.
fn log_cosh(size: f32) -> f32 {
    if size < SERIES {
        let square = size * size;
        return square
            * (0.5 + square * (-1.0 / 12.0 + square * (1.0 / 45.0 - square * (17.0 / 2520.0))));
    }
    size + vecmath::softplus_scalar(-2.0 * size) - std::f32::consts::LN_2
}
