//! Adam.

use serde::{Deserialize, Serialize};

use super::{Optimizer, Step, Variant, check_fraction, check_not_negative};
use crate::Result;
use crate::kernels::update::{self, EpsilonPlacement};
use crate::schedules::{self, ScheduleSpec};

/// Adam (Kingma and Ba, 2015).
///
/// `m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2`, then with `m' = m / (1 - b1^t)`:
/// Torch: `w -= lr m' / (sqrt(v / (1 - b2^t)) + epsilon)`; weight decay is added to the gradient.
/// Keras: `w -= lr sqrt(1 - b2^t) m' / (sqrt(v) + epsilon)`; weight decay is decoupled, as in
/// AdamW.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Adam {
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
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub weight_decay: f64,
    /// Whether to go by the largest `v` so far (AMSGrad; Reddi, Kale and Kumar, 2018).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub amsgrad: bool,
    /// Whose definition.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variant: Variant,
}

impl Default for Adam {
    fn default() -> Self {
        Self {
            learning_rate: ScheduleSpec::constant(0.001),
            beta1: 0.9,
            beta2: 0.999,
            epsilon: None,
            weight_decay: 0.0,
            amsgrad: false,
            variant: Variant::Torch,
        }
    }
}

impl Optimizer for Adam {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        self.validate_as("adam")
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.amsgrad { &["m", "v", "vMax"] } else { &["m", "v"] }
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        self.update_with(&step, self.variant == Variant::Keras, w, g, slots);
    }
}

impl Adam {
    /// Refuses attributes that make no sense, of an optimiser with this name.
    pub(super) fn validate_as(&self, name: &str) -> Result<()> {
        check_fraction(&format!("{name}: beta1"), self.beta1)?;
        check_fraction(&format!("{name}: beta2"), self.beta2)?;
        check_not_negative(&format!("{name}: epsilon"), self.epsilon.unwrap_or(0.0))?;
        check_not_negative(&format!("{name}: weightDecay"), self.weight_decay)
    }

    /// The update with the weight decay decoupled or not.
    pub(super) fn update_with(
        &self,
        step: &Step<'_>,
        decoupled: bool,
        w: &mut [f32],
        g: &[f32],
        slots: &mut [&mut [f32]],
    ) {
        let (placement, epsilon) = match self.variant {
            Variant::Torch => (EpsilonPlacement::Corrected, 1e-8),
            Variant::Keras => (EpsilonPlacement::Raw, 1e-7),
        };
        let decay = step.decay(self.weight_decay);
        let kernel = update::Adam {
            learning_rate: step.learning_rate,
            beta1: self.beta1 as f32,
            beta2: self.beta2 as f32,
            epsilon: self.epsilon.unwrap_or(epsilon) as f32,
            epsilon_placement: placement,
            l2: if decoupled { 0.0 } else { decay },
            weight_decay: if decoupled { decay } else { 0.0 },
        };
        match slots {
            [m, v] => kernel.update(step.number, w, g, m, v),
            [m, v, largest] => kernel.update_amsgrad(step.number, w, g, [m, v, largest]),
            _ => {}
        }
    }
}
