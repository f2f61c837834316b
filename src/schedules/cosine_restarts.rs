//! Half cosines one after the other.

use serde::{Deserialize, Serialize};

use super::cosine::{half_cosine, warmup};
use super::{Schedule, check_length, check_rate, length, not_negative};
use crate::{Result, err};

/// Half cosines that begin again and again, each longer than the one before ("warm restarts",
/// Loshchilov and Hutter, 2017), as Keras's `CosineDecayRestarts` and PyTorch's
/// `CosineAnnealingWarmRestarts`; before the first of them a warm-up as that of the cosine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CosineRestarts {
    /// The highest learning rate.
    pub learning_rate: f64,
    /// The steps of the first way down; those that the warm-up leaves of the run if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub first_decay_steps: Option<u64>,
    /// How much longer each way down is than the one before, at least 1; 2 if not given.
    #[serde(default = "default_t_mul")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub t_mul: f64,
    /// How much higher each begins than the one before, from 0 to 1; 1 if not given.
    #[serde(default = "default_m_mul")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub m_mul: f64,
    /// The learning rate at the end of a way down as a fraction of its beginning, from 0 to 1; 0 if
    /// not given.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub alpha: f64,
    /// The steps of the way up before the first; 0 if not given.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub warmup_steps: u64,
}

fn default_t_mul() -> f64 {
    2.0
}

fn default_m_mul() -> f64 {
    1.0
}

impl Schedule for CosineRestarts {
    fn peak(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        not_negative("cosineRestarts: learningRate", self.learning_rate)?;
        check_length("cosineRestarts: firstDecaySteps", self.first_decay_steps)?;
        check_rate("cosineRestarts: mMul", self.m_mul)?;
        check_rate("cosineRestarts: alpha", self.alpha)?;
        if self.t_mul >= 1.0 && self.t_mul.is_finite() {
            return Ok(());
        }
        Err(err!(
            Argument,
            "cosineRestarts: tMul is {}, expected a finite number of at least 1",
            self.t_mul
        ))
    }

    fn at(&self, step: u64, steps: Option<u64>) -> Result<f64> {
        let left = steps.map(|steps| steps.saturating_sub(self.warmup_steps).max(1));
        let first = length("cosineRestarts", self.first_decay_steps, left)? as f64;
        let Some(step) = step.checked_sub(self.warmup_steps) else {
            return Ok(self.learning_rate * warmup(step, self.warmup_steps));
        };
        // In lengths of the first: the ways down begin at 0, 1, 1 + tMul, 1 + tMul + tMul^2, ...
        let way = step as f64 / first;
        let (number, begin, length) = if self.t_mul == 1.0 {
            (libm::floor(way), libm::floor(way), 1.0)
        } else {
            let begin = |number: f64| (libm::pow(self.t_mul, number) - 1.0) / (self.t_mul - 1.0);
            let exact = libm::log(1.0 + way * (self.t_mul - 1.0)) / libm::log(self.t_mul);
            // The logarithm may be a little below the whole number at which one begins.
            let number = libm::floor(exact + 1e-9);
            (number, begin(number), libm::pow(self.t_mul, number))
        };
        let scale = libm::pow(self.m_mul, number);
        Ok(self.learning_rate * scale * half_cosine((way - begin).max(0.0) / length, self.alpha))
    }
}
