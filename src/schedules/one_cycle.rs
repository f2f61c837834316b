//! Up to a peak and down again over a whole run.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Schedule, length, not_negative};
use crate::{Result, err};

/// How the learning rate moves between two points of a schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Anneal {
    /// Along a straight line.
    #[default]
    Linear,
    /// Along half a cosine: flat at both ends.
    Cosine,
}

/// One cycle (Smith and Topin, "Super-Convergence", 2018): up to the peak over the first part of
/// the run, then down.
///
/// Of a run of `T` steps, step `t` (from 0) takes the value at `u = (t + 1) / (T + 1)`; the cycle
/// starts at `u = 0` with `start_factor * peak`, has its peak at `u = warmup` and ends at `u = 1`
/// with `end_factor * peak`. The ends lie outside of the run, so that no step is wasted on a
/// learning rate of zero. PyTorch's `OneCycleLR` puts its ends on the first and the last step: its
/// steps `1..T-1` are the steps of this schedule in a run of `T - 2`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneCycle {
    /// The highest learning rate.
    pub peak: f64,
    /// The fraction of the run, between 0 and 1, at which the peak is reached.
    #[serde(default = "default_warmup")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub warmup: f64,
    /// The learning rate before the first step, as a fraction of the peak.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub start_factor: f64,
    /// The learning rate after the last step, as a fraction of the peak.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub end_factor: f64,
    /// The way between these points.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub anneal: Anneal,
}

fn default_warmup() -> f64 {
    0.2
}

impl OneCycle {
    /// One linear cycle with this peak and the default warm-up.
    pub fn new(peak: f64) -> Self {
        Self {
            peak,
            warmup: default_warmup(),
            start_factor: 0.0,
            end_factor: 0.0,
            anneal: Anneal::Linear,
        }
    }
}

impl Schedule for OneCycle {
    fn peak(&self) -> f64 {
        self.peak * self.start_factor.max(self.end_factor).max(1.0)
    }

    fn validate(&self) -> Result<()> {
        not_negative("oneCycle: peak", self.peak)?;
        not_negative("oneCycle: startFactor", self.start_factor)?;
        not_negative("oneCycle: endFactor", self.end_factor)?;
        if self.warmup > 0.0 && self.warmup < 1.0 {
            return Ok(());
        }
        Err(err!(
            Argument,
            "oneCycle: warmup is {}, expected a fraction between 0 and 1",
            self.warmup
        ))
    }

    fn at(&self, step: u64, steps: Option<u64>) -> Result<f64> {
        let steps = length("oneCycle", None, steps)?;
        let u = ((step + 1) as f64 / (steps + 1) as f64).min(1.0);
        let (from, to, way) = if u < self.warmup {
            (self.start_factor, 1.0, u / self.warmup)
        } else {
            (1.0, self.end_factor, (u - self.warmup) / (1.0 - self.warmup))
        };
        let way = match self.anneal {
            Anneal::Linear => way,
            Anneal::Cosine => (1.0 - libm::cos(PI * way)) / 2.0,
        };
        Ok(self.peak * (from + (to - from) * way))
    }
}
