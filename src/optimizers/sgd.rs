//! Stochastic gradient descent.

use serde::{Deserialize, Serialize};

use super::{Optimizer, Step, Variant, check_fraction, check_not_negative};
use crate::kernels::{elementwise, update};
use crate::schedules::{self, ScheduleSpec};
use crate::{Result, err};

/// Gradient descent with momentum `mu`, learning rate `lr` and weight decay `wd`.
///
/// Torch: `g += wd w; v = mu v + g; w -= lr v` (Nesterov: `w -= lr (g + mu v)`).
/// Keras: `w -= lr wd w; v = mu v - lr g; w += v` (Nesterov: `w += mu v - lr g`).
/// They differ where the learning rate changes or weights decay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Sgd {
    /// A number or a schedule; 0.01 if not given.
    #[serde(deserialize_with = "schedules::number_or_schedule")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "number | ScheduleSpec"))]
    pub learning_rate: ScheduleSpec,
    /// How much of the last move is kept.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub momentum: f64,
    /// Look ahead along the momentum (Nesterov).
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub nesterov: bool,
    /// Pull of the weights towards 0.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub weight_decay: f64,
    /// Whose definition.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variant: Variant,
}

impl Default for Sgd {
    fn default() -> Self {
        Self {
            learning_rate: ScheduleSpec::constant(0.01),
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
            variant: Variant::Torch,
        }
    }
}

impl Optimizer for Sgd {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        check_fraction("sgd: momentum", self.momentum)?;
        check_not_negative("sgd: weightDecay", self.weight_decay)?;
        if self.nesterov && self.momentum == 0.0 {
            return Err(err!(
                Argument,
                "sgd: nesterov is true, expected a momentum above 0 with it"
            ));
        }
        Ok(())
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["velocity"] }
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        match self.variant {
            Variant::Torch => self.update_torch(&step, w, g, slots),
            Variant::Keras => self.update_keras(&step, w, g, slots),
        }
    }
}

impl Sgd {
    fn update_torch(&self, step: &Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let kernel = update::Sgd {
            learning_rate: step.learning_rate,
            momentum: self.momentum as f32,
            nesterov: self.nesterov,
            weight_decay: step.decay(self.weight_decay),
        };
        match slots {
            [velocity, ..] => kernel.update_with_momentum(w, g, velocity),
            [] => kernel.update(w, g),
        }
    }

    fn update_keras(&self, step: &Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let rate = step.learning_rate;
        let decay = step.decay(self.weight_decay);
        if decay > 0.0 {
            elementwise::scale_in_place(1.0 - rate * decay, w);
        }
        let [velocity, ..] = slots else {
            elementwise::axpy(-rate, g, w);
            return;
        };
        let momentum = self.momentum as f32;
        elementwise::scale_in_place(momentum, velocity);
        elementwise::axpy(-rate, g, velocity);
        if self.nesterov {
            elementwise::axpy(momentum, velocity, w);
            elementwise::axpy(-rate, g, w);
        } else {
            elementwise::accumulate(velocity, w);
        }
    }
}
