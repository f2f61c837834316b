//! Down along half a cosine.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Schedule, check_length, check_rate, length, not_negative};
use crate::Result;

/// Up along a line over `warmupSteps` steps, then down along half a cosine (Loshchilov and Hutter,
/// 2017), then constant, as Keras's `CosineDecay`.
///
/// Step `t` (from 0) of the warm-up has `learningRate (t + 1) / warmupSteps`: no step is wasted on a
/// rate of 0, as Keras wastes the first. A step `t` behind it, counted from there, has
/// `end + (learningRate - end) (1 + cos(pi t / decaySteps)) / 2` with an `end` of
/// `alpha learningRate`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cosine {
    /// The highest learning rate.
    pub learning_rate: f64,
    /// The steps of the way down; those that the warm-up leaves of the run if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub decay_steps: Option<u64>,
    /// The steps of the way up; 0 if not given.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub warmup_steps: u64,
    /// The learning rate at the end as a fraction of the highest, from 0 to 1; 0 if not given.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub alpha: f64,
}

impl Schedule for Cosine {
    fn peak(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        not_negative("cosine: learningRate", self.learning_rate)?;
        check_length("cosine: decaySteps", self.decay_steps)?;
        check_rate("cosine: alpha", self.alpha)
    }

    fn at(&self, step: u64, steps: Option<u64>) -> Result<f64> {
        let left = steps.map(|steps| steps.saturating_sub(self.warmup_steps).max(1));
        let length = length("cosine", self.decay_steps, left)?;
        let Some(step) = step.checked_sub(self.warmup_steps) else {
            return Ok(self.learning_rate * warmup(step, self.warmup_steps));
        };
        Ok(self.learning_rate * half_cosine(step as f64 / length as f64, self.alpha))
    }
}

/// The fraction of the peak at a step of the way up.
pub(super) fn warmup(step: u64, steps: u64) -> f64 {
    (step + 1) as f64 / steps as f64
}

/// From 1 at the beginning to `alpha` at and behind the end of the way down, which is 1.
pub(super) fn half_cosine(way: f64, alpha: f64) -> f64 {
    alpha + (1.0 - alpha) * (1.0 + libm::cos(PI * way.min(1.0))) / 2.0
}
