//! Adadelta.

use serde::{Deserialize, Serialize};

use super::{Optimizer, Step, Variant, check_fraction, check_not_negative};
use crate::Result;
use crate::kernels::update::{LEAST_GRADIENT, LEAST_SQUARE, update};
use crate::schedules::{self, ScheduleSpec};
use crate::simd::F32x4;

/// Adadelta (Zeiler, 2012).
///
/// `v = rho v + (1 - rho) g^2; d = g sqrt(u + epsilon) / sqrt(v + epsilon);
/// u = rho u + (1 - rho) d^2; w -= lr d`. Weight decay is added to the gradient (torch) or decoupled
/// (Keras).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Adadelta {
    /// A number or a schedule; 1 if not given.
    #[serde(deserialize_with = "schedules::number_or_schedule")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "number | ScheduleSpec"))]
    pub learning_rate: ScheduleSpec,
    /// Decay of the means of squares; 0.9 (torch) or 0.95 (Keras) if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
    /// Where the moves begin; 1e-6 (torch) or 1e-7 (Keras) if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Pull of the weights towards 0.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub weight_decay: f64,
    /// Whose definition.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variant: Variant,
}

impl Default for Adadelta {
    fn default() -> Self {
        Self {
            learning_rate: ScheduleSpec::constant(1.0),
            rho: None,
            epsilon: None,
            weight_decay: 0.0,
            variant: Variant::Torch,
        }
    }
}

impl Optimizer for Adadelta {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        check_fraction("adadelta: rho", self.rho.unwrap_or(0.0))?;
        check_not_negative("adadelta: epsilon", self.epsilon.unwrap_or(0.0))?;
        check_not_negative("adadelta: weightDecay", self.weight_decay)
    }

    fn slots(&self) -> &'static [&'static str] {
        &["v", "moves"]
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let [v, moves] = slots else { return };
        let keras = self.variant == Variant::Keras;
        let (rho, epsilon) = if keras { (0.95, 1e-7) } else { (0.9, 1e-6) };
        let rho = self.rho.unwrap_or(rho) as f32;
        let epsilon = self.epsilon.unwrap_or(epsilon) as f32;
        let (rate, decay) = (step.learning_rate, step.decay(self.weight_decay));
        let (l2, keep) = if keras { (0.0, 1.0 - rate * decay) } else { (decay, 1.0) };
        let [rho, rest, epsilon, rate, l2, keep] =
            [rho, 1.0 - rho, epsilon, rate, l2, keep].map(F32x4::splat);
        let [least_g, least_v] = [LEAST_GRADIENT, LEAST_SQUARE].map(F32x4::splat);
        update(w, g, [v, moves], |w, g, [v, moves]| {
            let g = (g + l2 * w).flush(least_g);
            let v = (rho * v + rest * (g * g)).flush(least_v);
            let step = ((moves + epsilon).sqrt() / (v + epsilon).sqrt() * g).flush(least_g);
            let moves = (rho * moves + rest * (step * step)).flush(least_v);
            (w * keep - rate * step, [v, moves])
        });
    }
}
