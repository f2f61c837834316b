//! Nadam.

use serde::{Deserialize, Serialize};

use super::{Optimizer, Step, Variant, check_fraction, check_not_negative};
use crate::Result;
use crate::kernels::update::{LEAST_GRADIENT, LEAST_MOMENT, LEAST_SQUARE, update};
use crate::schedules::{self, ScheduleSpec};
use crate::simd::F32x4;

/// Adam with Nesterov's momentum (Dozat, 2016).
///
/// With `mu(t) = b1 (1 - 0.96^(t d) / 2)`, where `d` is `momentumDecay`, and `p(t)` the product of
/// `mu(1)` to `mu(t)`:
/// `m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
/// w -= lr (mu(t + 1) m / (1 - p(t + 1)) + (1 - mu(t)) g / (1 - p(t))) / (sqrt(v / (1 - b2^t)) + epsilon)`.
/// Weight decay is added to the gradient (torch) or decoupled (Keras).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Nadam {
    /// A number or a schedule; 0.002 if not given.
    #[serde(deserialize_with = "schedules::number_or_schedule")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "number | ScheduleSpec"))]
    pub learning_rate: ScheduleSpec,
    /// Decay of the mean of gradients; 0.9 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub beta1: f64,
    /// Decay of the mean of squared gradients; 0.999 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub beta2: f64,
    /// How fast the momentum comes to `beta1`; 0.004 (torch) or 1 (Keras) if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub momentum_decay: Option<f64>,
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

impl Default for Nadam {
    fn default() -> Self {
        Self {
            learning_rate: ScheduleSpec::constant(0.002),
            beta1: 0.9,
            beta2: 0.999,
            momentum_decay: None,
            epsilon: None,
            weight_decay: 0.0,
            variant: Variant::Torch,
        }
    }
}

impl Optimizer for Nadam {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        check_fraction("nadam: beta1", self.beta1)?;
        check_fraction("nadam: beta2", self.beta2)?;
        check_not_negative("nadam: momentumDecay", self.momentum_decay.unwrap_or(0.0))?;
        check_not_negative("nadam: epsilon", self.epsilon.unwrap_or(0.0))?;
        check_not_negative("nadam: weightDecay", self.weight_decay)
    }

    fn slots(&self) -> &'static [&'static str] {
        &["m", "v"]
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let [m, v] = slots else { return };
        let keras = self.variant == Variant::Keras;
        let (momentum_decay, epsilon) = if keras { (1.0, 1e-7) } else { (0.004, 1e-8) };
        let momentum_decay = self.momentum_decay.unwrap_or(momentum_decay);
        let epsilon = self.epsilon.unwrap_or(epsilon) as f32;
        let (of_mean, of_gradient) = momentum(self.beta1, momentum_decay, step.number);
        let (rate, decay) = (step.learning_rate, step.decay(self.weight_decay));
        let (l2, keep) = if keras { (0.0, 1.0 - rate * decay) } else { (decay, 1.0) };
        let correction = 1.0 - libm::pow(self.beta2, step.number as f64);
        let [of_mean, of_gradient, root_scale] =
            [f64::from(rate) * of_mean, f64::from(rate) * of_gradient, 1.0 / correction.sqrt()]
                .map(|x| F32x4::splat(x as f32));
        let (b1, b2) = (self.beta1 as f32, self.beta2 as f32);
        let [b1, c1, b2, c2, epsilon, l2, keep] =
            [b1, 1.0 - b1, b2, 1.0 - b2, epsilon, l2, keep].map(F32x4::splat);
        let [least_g, least_m, least_v] =
            [LEAST_GRADIENT, LEAST_MOMENT, LEAST_SQUARE].map(F32x4::splat);
        update(w, g, [m, v], |w, g, [m, v]| {
            let g = (g + l2 * w).flush(least_g);
            let m = (b1 * m + c1 * g).flush(least_m);
            let v = (b2 * v + c2 * (g * g)).flush(least_v);
            let step = (of_mean * m + of_gradient * g) / (v.sqrt() * root_scale + epsilon);
            (w * keep - step, [m, v])
        });
    }
}

/// What the mean and the gradient count at step `t`: `mu(t + 1) / (1 - p(t + 1))` and
/// `(1 - mu(t)) / (1 - p(t))`. The products are made anew at each step, so that they are no state;
/// once they are too small to change 1 they need no further factor.
fn momentum(beta1: f64, momentum_decay: f64, t: u64) -> (f64, f64) {
    let base = libm::pow(0.96, momentum_decay);
    let mu = |power: f64| beta1 * (1.0 - 0.5 * power);
    let (mut product, mut power) = (1.0, 1.0);
    for _ in 0..t {
        power *= base;
        product *= mu(power);
        if product < f64::EPSILON / 4.0 {
            power = libm::pow(base, t as f64);
            break;
        }
    }
    let next = mu(power * base);
    (next / (1.0 - product * next), (1.0 - mu(power)) / (1.0 - product))
}
