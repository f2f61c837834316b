//! AdamW.

use serde::{Deserialize, Serialize};

use super::{Adam, Optimizer, Step, Variant};
use crate::Result;
use crate::schedules::{self, ScheduleSpec};

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019): `w -= lr wd w` before the step of
/// [`Adam`]. Weight decay is 0.01 (torch) or 0.004 (Keras) if not given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AdamW {
    /// A number or a schedule; 0.001 if not given.
    #[serde(deserialize_with = "schedules::number_or_schedule")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "number | ScheduleSpec"))]
    pub learning_rate: ScheduleSpec,
    /// Decay of the mean of gradients; 0.9 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub beta1: f64,
    /// Decay of the mean of squared gradients; 0.999 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub beta2: f64,
    /// Keeps the division finite; 1e-8 (torch) or 1e-7 (Keras) if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Pull of the weights towards 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// As in [`Adam`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub amsgrad: bool,
    /// Whose definition.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variant: Variant,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { learning_rate, beta1, beta2, .. } = Adam::default();
        Self {
            learning_rate,
            beta1,
            beta2,
            epsilon: None,
            weight_decay: None,
            amsgrad: false,
            variant: Variant::Torch,
        }
    }
}

impl AdamW {
    pub(super) fn adam(&self) -> Adam {
        let default = match self.variant {
            Variant::Torch => 0.01,
            Variant::Keras => 0.004,
        };
        Adam {
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay.unwrap_or(default),
            amsgrad: self.amsgrad,
            variant: self.variant,
            // Its schedule is not looked at, and a copy might take memory.
            ..Adam::default()
        }
    }
}

impl Optimizer for AdamW {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        self.adam().validate_as("adamw")
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.amsgrad { &["m", "v", "vMax"] } else { &["m", "v"] }
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        self.adam().update_with(&step, true, w, g, slots);
    }
}
