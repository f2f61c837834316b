//! RMSProp.

use serde::{Deserialize, Serialize};

use super::{Optimizer, Step, Variant, check_fraction, check_not_negative};
use crate::Result;
use crate::kernels::update::{LEAST_GRADIENT, LEAST_MOMENT, LEAST_SQUARE, update};
use crate::schedules::{self, ScheduleSpec};
use crate::simd::F32x4;

/// RMSProp (Hinton, lecture 6e of "Neural Networks for Machine Learning", 2012).
///
/// `v = rho v + (1 - rho) g^2`, if `centered` also `c = rho c + (1 - rho) g`, else `c = 0`. Then with
/// momentum `mu`:
/// Torch: `d = mu d + g / (sqrt(v - c^2) + epsilon); w -= lr d`; weight decay is added to the
/// gradient.
/// Keras: `d = mu d + lr g / sqrt(v - c^2 + epsilon); w -= d`; weight decay is decoupled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RmsProp {
    /// A number or a schedule; 0.001 if not given.
    #[serde(deserialize_with = "schedules::number_or_schedule")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "number | ScheduleSpec"))]
    pub learning_rate: ScheduleSpec,
    /// Decay of the mean of squared gradients; 0.99 (torch) or 0.9 (Keras) if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
    /// How much of the last move is kept.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub momentum: f64,
    /// Whether gradients are divided by their deviation from their mean, not from 0.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub centered: bool,
    /// Keeps the division finite; 1e-8 (torch) or 1e-7 (Keras) if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Pull of the weights towards 0.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub weight_decay: f64,
    /// Whose definition.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variant: Variant,
}

impl Default for RmsProp {
    fn default() -> Self {
        Self {
            learning_rate: ScheduleSpec::constant(0.001),
            rho: None,
            momentum: 0.0,
            centered: false,
            epsilon: None,
            weight_decay: 0.0,
            variant: Variant::Torch,
        }
    }
}

impl Optimizer for RmsProp {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        check_fraction("rmsprop: rho", self.rho.unwrap_or(0.0))?;
        check_fraction("rmsprop: momentum", self.momentum)?;
        check_not_negative("rmsprop: epsilon", self.epsilon.unwrap_or(0.0))?;
        check_not_negative("rmsprop: weightDecay", self.weight_decay)
    }

    fn slots(&self) -> &'static [&'static str] {
        match (self.centered, self.momentum > 0.0) {
            (false, false) => &["v"],
            (false, true) => &["v", "velocity"],
            (true, false) => &["v", "mean"],
            (true, true) => &["v", "mean", "velocity"],
        }
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let lanes = self.lanes(&step);
        match slots {
            [v] => update(w, g, [v], |w, g, [v]| {
                let (ratio, v, _) = lanes.ratio::<false>(w, g, v, F32x4::zero());
                (lanes.moved(w, ratio), [v])
            }),
            [v, mean] if self.centered => update(w, g, [v, mean], |w, g, [v, mean]| {
                let (ratio, v, mean) = lanes.ratio::<true>(w, g, v, mean);
                (lanes.moved(w, ratio), [v, mean])
            }),
            [v, velocity] => update(w, g, [v, velocity], |w, g, [v, velocity]| {
                let (ratio, v, _) = lanes.ratio::<false>(w, g, v, F32x4::zero());
                let velocity = lanes.velocity(velocity, ratio);
                (lanes.moved(w, velocity), [v, velocity])
            }),
            [v, mean, velocity] => {
                update(w, g, [v, mean, velocity], |w, g, [v, mean, velocity]| {
                    let (ratio, v, mean) = lanes.ratio::<true>(w, g, v, mean);
                    let velocity = lanes.velocity(velocity, ratio);
                    (lanes.moved(w, velocity), [v, mean, velocity])
                });
            }
            _ => {}
        }
    }
}

impl RmsProp {
    fn lanes(&self, step: &Step<'_>) -> Lanes {
        let keras = self.variant == Variant::Keras;
        let (rho, epsilon) = if keras { (0.9, 1e-7) } else { (0.99, 1e-8) };
        let rho = self.rho.unwrap_or(rho) as f32;
        let (rate, decay) = (step.learning_rate, step.decay(self.weight_decay));
        let splat = F32x4::splat;
        Lanes {
            keras,
            rho: splat(rho),
            rest: splat(1.0 - rho),
            momentum: splat(self.momentum as f32),
            epsilon: splat(self.epsilon.unwrap_or(epsilon) as f32),
            inner: splat(if keras { rate } else { 1.0 }),
            outer: splat(if keras { 1.0 } else { rate }),
            l2: splat(if keras { 0.0 } else { decay }),
            keep: splat(if keras { 1.0 - rate * decay } else { 1.0 }),
        }
    }
}

/// What a step calculates with.
#[derive(Clone, Copy)]
struct Lanes {
    keras: bool,
    rho: F32x4,
    rest: F32x4,
    momentum: F32x4,
    epsilon: F32x4,
    /// The part of the learning rate that moves are kept with.
    inner: F32x4,
    outer: F32x4,
    l2: F32x4,
    keep: F32x4,
}

impl Lanes {
    /// The gradient divided by its size, and the new means.
    #[inline(always)]
    fn ratio<const CENTERED: bool>(
        &self,
        w: F32x4,
        g: F32x4,
        v: F32x4,
        mean: F32x4,
    ) -> (F32x4, F32x4, F32x4) {
        let g = (g + self.l2 * w).flush(F32x4::splat(LEAST_GRADIENT));
        let v = (self.rho * v + self.rest * (g * g)).flush(F32x4::splat(LEAST_SQUARE));
        let mut variance = v;
        let mut mean = mean;
        if CENTERED {
            mean = (self.rho * mean + self.rest * g).flush(F32x4::splat(LEAST_MOMENT));
            // Rounding may bring it below 0.
            variance = (v - mean * mean).max(F32x4::zero());
        }
        let size = if self.keras {
            (variance + self.epsilon).sqrt()
        } else {
            variance.sqrt() + self.epsilon
        };
        (self.inner * g / size, v, mean)
    }

    #[inline(always)]
    fn velocity(&self, velocity: F32x4, ratio: F32x4) -> F32x4 {
        (self.momentum * velocity + ratio).flush(F32x4::splat(LEAST_MOMENT))
    }

    #[inline(always)]
    fn moved(&self, w: F32x4, step: F32x4) -> F32x4 {
        w * self.keep - self.outer * step
    }
}
