//! What every optimiser can be told besides its own attributes.

use serde::{Deserialize, Serialize};

use super::{check_fraction, check_not_negative};
use crate::{Result, err};

/// What holds for every optimiser.
///
/// Of an update, gradients are first gathered, then clipped, then taken as a step; weights are then
/// averaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OptimizerOptions {
    /// Every number of the gradient is brought into `-clipValue..clipValue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_value: Option<f64>,
    /// The gradient of each parameter tensor is scaled down to a norm of at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// The gradient of all parameters together is scaled down to a norm of at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_clip_norm: Option<f64>,
    /// An update is made of the mean gradient of so many batches; 1 if not given. Batches that are
    /// left at the end of a run wait for the next.
    #[serde(skip_serializing_if = "is_one")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub gradient_accumulation_steps: u32,
    /// Whether the weights of a run are averaged: `a = emaMomentum a + (1 - emaMomentum) w`, from the
    /// first update on. At the end of each epoch the model has the averaged weights, until the next
    /// step goes on from the others; so validation, checkpoints and the finished run are theirs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub use_ema: bool,
    /// How much of the average an update keeps; 0.99 if not given.
    #[serde(skip_serializing_if = "is_default_momentum")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub ema_momentum: f64,
    /// The average takes part in every update of this number only; 1 if not given.
    #[serde(skip_serializing_if = "is_one")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub ema_every: u32,
    /// Whether weight decay pulls biases and the scales and shifts of normalisations as well; true
    /// if not given, as PyTorch and Keras have it.
    #[serde(skip_serializing_if = "Clone::clone")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub decay_biases: bool,
}

fn is_one(number: &u32) -> bool {
    *number == 1
}

fn is_default_momentum(momentum: &f64) -> bool {
    *momentum == OptimizerOptions::default().ema_momentum
}

impl Default for OptimizerOptions {
    fn default() -> Self {
        Self {
            clip_value: None,
            clip_norm: None,
            global_clip_norm: None,
            gradient_accumulation_steps: 1,
            use_ema: false,
            ema_momentum: 0.99,
            ema_every: 1,
            decay_biases: true,
        }
    }
}

impl OptimizerOptions {
    /// The names of all, as they are written.
    pub const NAMES: &'static [&'static str] = &[
        "clipValue",
        "clipNorm",
        "globalClipNorm",
        "gradientAccumulationSteps",
        "useEma",
        "emaMomentum",
        "emaEvery",
        "decayBiases",
    ];

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        let limits = [
            ("clipValue", self.clip_value),
            ("clipNorm", self.clip_norm),
            ("globalClipNorm", self.global_clip_norm),
        ];
        let given: Vec<_> = limits.iter().filter_map(|(name, limit)| limit.map(|_| name)).collect();
        if let [first, second, ..] = given[..] {
            return Err(err!(
                Argument,
                "optimizer: found {first} and {second}, expected one of them"
            ));
        }
        for (name, limit) in limits {
            check_not_negative(&format!("optimizer: {name}"), limit.unwrap_or(0.0))?;
        }
        for (name, number) in [
            ("gradientAccumulationSteps", self.gradient_accumulation_steps),
            ("emaEvery", self.ema_every),
        ] {
            if number == 0 {
                return Err(err!(Argument, "optimizer: {name} is 0, expected at least 1"));
            }
        }
        check_fraction("optimizer: emaMomentum", self.ema_momentum)
    }
}
