//! Focal binary cross-entropy.

use serde::{Deserialize, Serialize};

use super::cross_entropy::EPSILON;
use super::rows::over_pairs;
use super::{
    Form, Loss, LossBatch, TargetKind, binary_crossentropy, check_smoothing, focal, needs_values,
};
use crate::Result;
use crate::kernels::activation::Activation;
use crate::kernels::vecmath;

/// Binary cross-entropy times `(1 - p_t)^gamma`, where `p_t = t p + (1 - t) (1 - p)` is how right the
/// output is: what is answered well already counts little (Lin et al., 2017,
/// <https://arxiv.org/abs/1708.02002>). The mean over the outputs of a row; `t` is between 0 and 1. A
/// network with a single output also takes labels, 0 and 1.
///
/// Logits x, with `w = 1 - p_t` and the cross-entropy `b`:
/// `d/dx = w^gamma (gamma b w' / w + p - t)`, `w' = (1 - 2 t) p (1 - p)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BinaryFocalCrossentropy {
    /// Whether outputs that should say yes weigh `alpha` and the others `1 - alpha`.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub apply_class_balancing: bool,
    /// The weight of a yes, under `applyClassBalancing`; 0.25 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub alpha: f32,
    /// How little counts what is answered well; 2 if not given, 0 for plain cross-entropy.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub gamma: f32,
    /// The network's outputs are logits: it has no sigmoid at its end.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub from_logits: bool,
    /// How far targets are moved towards a half: `t (1 - s) + s / 2`.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub label_smoothing: f32,
}

impl Default for BinaryFocalCrossentropy {
    fn default() -> Self {
        Self {
            apply_class_balancing: false,
            alpha: 0.25,
            gamma: 2.0,
            from_logits: false,
            label_smoothing: 0.0,
        }
    }
}

impl Loss for BinaryFocalCrossentropy {
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
            needs_values("binaryFocalCrossentropy", targets)?;
        }
        focal::check("binaryFocalCrossentropy", self.alpha, self.gamma)?;
        check_smoothing("binaryFocalCrossentropy", self.label_smoothing)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let form = batch.form;
        over_pairs(batch, losses, doutputs, |y, t| {
            let t = t * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing;
            let weight = match self.apply_class_balancing {
                true => t * self.alpha + (1.0 - t) * (1.0 - self.alpha),
                false => 1.0,
            };
            let (loss, derivative) = match form {
                Form::Logits => self.of_logit(y, t),
                Form::Outputs => self.of_probability(y, t),
            };
            (weight * loss, weight * derivative)
        });
    }
}

impl BinaryFocalCrossentropy {
    /// Loss and derivative.
    fn of_logit(&self, x: f32, t: f32) -> (f32, f32) {
        let (entropy, _) = binary_crossentropy::from_logit(x, t);
        // Both are exact where they are small.
        let (p, rest) = (vecmath::sigmoid_scalar(x), vecmath::sigmoid_scalar(-x));
        let dentropy = (1.0 - t) * p - t * rest;
        let wrong = t * rest + (1.0 - t) * p;
        let factor = focal::power(wrong, self.gamma);
        // Of a target that is 0 or 1, `wrong` is `rest` or `p`; the quotient stays finite.
        let growth = if wrong > 0.0 { (1.0 - 2.0 * t) * (p * rest / wrong) } else { 0.0 };
        (factor * entropy, factor * (self.gamma * growth * entropy + dentropy))
    }

    /// Loss and derivative; a probability outside of `EPSILON..1 - EPSILON` counts as the nearest end.
    fn of_probability(&self, p: f32, t: f32) -> (f32, f32) {
        let q = p.clamp(EPSILON, 1.0 - EPSILON);
        let (entropy, dentropy) = binary_crossentropy::from_probability(q, t);
        let wrong = t * (1.0 - q) + (1.0 - t) * q;
        let factor = focal::power(wrong, self.gamma);
        let growth = (1.0 - 2.0 * t) / wrong;
        let derivative = factor * (self.gamma * growth * entropy + dentropy);
        (factor * entropy, if q == p { derivative } else { 0.0 })
    }
}
