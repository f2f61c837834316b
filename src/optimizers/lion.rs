//! Lion.

use serde::{Deserialize, Serialize};

use super::{Optimizer, Step, check_fraction, check_not_negative};
use crate::Result;
use crate::kernels::update::{LEAST_MOMENT, update};
use crate::schedules::{self, ScheduleSpec};
use crate::simd::F32x4;

/// Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023), as Keras has it:
/// `w -= lr wd w; w -= lr sign(b1 m + (1 - b1) g); m = b2 m + (1 - b2) g`. Its learning rate is 3 to
/// 10 times smaller than that of Adam, its weight decay larger by as much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Lion {
    /// A number or a schedule; 0.0001 if not given.
    #[serde(deserialize_with = "schedules::number_or_schedule")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "number | ScheduleSpec"))]
    pub learning_rate: ScheduleSpec,
    /// How much of the mean the sign is taken of; 0.9 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub beta1: f64,
    /// Decay of the mean of gradients; 0.99 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub beta2: f64,
    /// Pull of the weights towards 0.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub weight_decay: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Self {
            learning_rate: ScheduleSpec::constant(0.0001),
            beta1: 0.9,
            beta2: 0.99,
            weight_decay: 0.0,
        }
    }
}

impl Optimizer for Lion {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        check_fraction("lion: beta1", self.beta1)?;
        check_fraction("lion: beta2", self.beta2)?;
        check_not_negative("lion: weightDecay", self.weight_decay)
    }

    fn slots(&self) -> &'static [&'static str] {
        &["m"]
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let [m] = slots else { return };
        let rate = step.learning_rate;
        let keep = 1.0 - rate * step.decay(self.weight_decay);
        let (b1, b2) = (self.beta1 as f32, self.beta2 as f32);
        let [rate, keep, b1, c1, b2, c2, least] =
            [rate, keep, b1, 1.0 - b1, b2, 1.0 - b2, LEAST_MOMENT].map(F32x4::splat);
        let zero = F32x4::zero();
        update(w, g, [m], |w, g, [m]| {
            let mix = b1 * m + c1 * g;
            let step = mix.gt(zero).keep(rate) - mix.lt(zero).keep(rate);
            (w * keep - step, [(b2 * m + c2 * g).flush(least)])
        });
    }
}
