//! Adagrad.

use serde::{Deserialize, Serialize};

use super::{Optimizer, Step, Variant, check_not_negative};
use crate::Result;
use crate::kernels::update::{LEAST_GRADIENT, update};
use crate::schedules::{self, ScheduleSpec};
use crate::simd::F32x4;

/// Adagrad (Duchi, Hazan and Singer, 2011).
///
/// `v = v + g^2`, then
/// Torch: `w -= lr g / (sqrt(v) + epsilon)`; weight decay is added to the gradient.
/// Keras: `w -= lr g / sqrt(v + epsilon)`; weight decay is decoupled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Adagrad {
    /// A number or a schedule; 0.01 if not given.
    #[serde(deserialize_with = "schedules::number_or_schedule")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "number | ScheduleSpec"))]
    pub learning_rate: ScheduleSpec,
    /// What `v` begins with; 0 (torch) or 0.1 (Keras) if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_accumulator_value: Option<f64>,
    /// Keeps the division finite; 1e-10 (torch) or 1e-7 (Keras) if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Pull of the weights towards 0.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub weight_decay: f64,
    /// Whose definition.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variant: Variant,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self {
            learning_rate: ScheduleSpec::constant(0.01),
            initial_accumulator_value: None,
            epsilon: None,
            weight_decay: 0.0,
            variant: Variant::Torch,
        }
    }
}

impl Optimizer for Adagrad {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        let initial = self.initial_accumulator_value.unwrap_or(0.0);
        check_not_negative("adagrad: initialAccumulatorValue", initial)?;
        check_not_negative("adagrad: epsilon", self.epsilon.unwrap_or(0.0))?;
        check_not_negative("adagrad: weightDecay", self.weight_decay)
    }

    fn slots(&self) -> &'static [&'static str] {
        &["v"]
    }

    fn initial(&self) -> f32 {
        let default = if self.variant == Variant::Keras { 0.1 } else { 0.0 };
        self.initial_accumulator_value.unwrap_or(default) as f32
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let [v] = slots else { return };
        let keras = self.variant == Variant::Keras;
        let (rate, decay) = (step.learning_rate, step.decay(self.weight_decay));
        let epsilon = self.epsilon.unwrap_or(if keras { 1e-7 } else { 1e-10 }) as f32;
        let (l2, keep) = if keras { (0.0, 1.0 - rate * decay) } else { (decay, 1.0) };
        let [rate, epsilon, l2, keep, least] =
            [rate, epsilon, l2, keep, LEAST_GRADIENT].map(F32x4::splat);
        update(w, g, [v], |w, g, [v]| {
            let g = (g + l2 * w).flush(least);
            let v = v + g * g;
            let size = if keras { (v + epsilon).sqrt() } else { v.sqrt() + epsilon };
            (w * keep - rate * g / size, [v])
        });
    }
}
