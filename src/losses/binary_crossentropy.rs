//! Binary cross-entropy.

use serde::{Deserialize, Serialize};

use super::cross_entropy::EPSILON;
use super::rows::over_pairs;
use super::{Form, Loss, LossBatch, TargetKind, check_smoothing, needs_values};
use crate::Result;
use crate::kernels::activation::Activation;
use crate::kernels::vecmath;

/// `-t ln p - (1 - t) ln(1 - p)`, the mean over the outputs of a row; `t` is between 0 and 1. A
/// network with a single output also takes labels, 0 and 1.
///
/// Logits x: loss = max(x, 0) - x t + ln(1 + exp(-|x|)), d/dx = sigmoid(x) - t.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BinaryCrossentropy {
    /// The network's outputs are logits: it has no sigmoid at its end.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub from_logits: bool,
    /// How far targets are moved towards a half: `t (1 - s) + s / 2`.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub label_smoothing: f32,
}

impl Loss for BinaryCrossentropy {
    fn fuses(&self) -> Option<Activation> {
        Some(Activation::Sigmoid)
    }

    fn outputs_are_logits(&self) -> bool {
        self.from_logits
    }

    fn is_binary(&self) -> bool {
        true
    }

    fn validate(&self, width: usize, targets: TargetKind) -> Result<()> {
        if width != 1 {
            needs_values("binaryCrossentropy", targets)?;
        }
        check_smoothing("binaryCrossentropy", self.label_smoothing)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let form = batch.form;
        over_pairs(batch, losses, doutputs, |y, t| {
            let t = t * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing;
            match form {
                Form::Logits => from_logit(y, t),
                Form::Outputs => from_probability(y, t),
            }
        });
    }
}

/// Loss and derivative.
pub(super) fn from_logit(x: f32, t: f32) -> (f32, f32) {
    (x.max(0.0) - x * t + vecmath::softplus_scalar(-x.abs()), vecmath::sigmoid_scalar(x) - t)
}

/// Loss and derivative; a probability outside of `EPSILON..1 - EPSILON` counts as the nearest end.
pub(super) fn from_probability(p: f32, t: f32) -> (f32, f32) {
    let q = p.clamp(EPSILON, 1.0 - EPSILON);
    let loss = -t * vecmath::ln_scalar(q) - (1.0 - t) * vecmath::ln_scalar(1.0 - q);
    (loss, if q == p { (q - t) / (q * (1.0 - q)) } else { 0.0 })
}
