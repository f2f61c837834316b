//! The divergence of Kullback and Leibler.

use serde::{Deserialize, Serialize};

use super::cross_entropy::{EPSILON, cross_entropy};
use super::{Form, Loss, LossBatch, TargetBatch, TargetKind, needs_values};
use crate::Result;
use crate::kernels::activation::Activation;
use crate::kernels::vecmath;

/// `sum_j t_j ln(t_j / p_j)` of a row of probabilities `p` and targets `t`, both counted as at least
/// 1e-7 and at most 1, as in Keras.
///
/// Behind a softmax, logits x: `sum_j t_j ln t_j + sum_j t_j (ln sum_k exp x_k - x_j)`,
/// `d/dx_j = softmax(x)_j sum_k t_k - t_j`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct KullbackLeiblerDivergence {}

impl Loss for KullbackLeiblerDivergence {
    fn fuses(&self) -> Option<Activation> {
        Some(Activation::Softmax)
    }

    fn validate(&self, _width: usize, targets: TargetKind) -> Result<()> {
        needs_values("kullbackLeiblerDivergence", targets)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let TargetBatch::Dense(values) = batch.targets else { return };
        let width = batch.width;
        let target = |at: usize| values[at].clamp(EPSILON, 1.0);
        if batch.form == Form::Logits {
            cross_entropy(batch, |row, class| target(row * width + class), losses, doutputs);
            for (row, loss) in losses.iter_mut().enumerate() {
                let entropy = (row * width..(row + 1) * width).map(|at| {
                    let t = target(at);
                    f64::from(t) * f64::from(vecmath::ln_scalar(t))
                });
                *loss = (f64::from(*loss) + entropy.sum::<f64>()) as f32;
            }
            return;
        }
        for (row, loss) in losses.iter_mut().enumerate() {
            let mut total = 0.0f64;
            let first = row * width;
            for (at, doutput) in (first..).zip(&mut doutputs[first..first + width]) {
                let (p, t) = (batch.outputs[at], target(at));
                let q = p.clamp(EPSILON, 1.0);
                total += f64::from(t) * f64::from(vecmath::ln_scalar(t / q));
                *doutput = if q == p { -batch.scale * (t / q) } else { 0.0 };
            }
            *loss = total as f32;
        }
    }
}
