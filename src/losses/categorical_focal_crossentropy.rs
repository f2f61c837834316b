//! Focal categorical cross-entropy.

use serde::{Deserialize, Serialize};

use super::cross_entropy::EPSILON;
use super::{Form, Loss, LossBatch, TargetBatch, TargetKind, check_smoothing, focal};
use crate::kernels::activation::Activation;
use crate::kernels::{softmax, vecmath};
use crate::{Result, err};

/// `-alpha sum_j t_j (1 - p_j)^gamma ln p_j` of a row of class probabilities `p`: what is answered well
/// already counts little (Lin et al., 2017, <https://arxiv.org/abs/1708.02002>). Targets are labels,
/// or a probability for each class.
///
/// Logits x, with `h_j = alpha t_j (1 - p_j)^gamma (gamma p_j ln p_j / (1 - p_j) - 1)`:
/// `d/dx_j = h_j (1 - p_j) - p_j sum_{k != j} h_k`. Probabilities are first divided by their sum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CategoricalFocalCrossentropy {
    /// What the loss is multiplied by; 0.25 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub alpha: f32,
    /// How little counts what is answered well; 2 if not given, 0 for plain cross-entropy.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub gamma: f32,
    /// The network's outputs are logits: it has no softmax at its end.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub from_logits: bool,
    /// How much of the target is spread evenly over all classes: `t (1 - s) + s / classes`.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub label_smoothing: f32,
}

impl Default for CategoricalFocalCrossentropy {
    fn default() -> Self {
        Self { alpha: 0.25, gamma: 2.0, from_logits: false, label_smoothing: 0.0 }
    }
}

impl Loss for CategoricalFocalCrossentropy {
    fn fuses(&self) -> Option<Activation> {
        Some(Activation::Softmax)
    }

    fn outputs_are_logits(&self) -> bool {
        self.from_logits
    }

    fn validate(&self, width: usize, _targets: TargetKind) -> Result<()> {
        if width < 2 {
            return Err(err!(
                Shape,
                "categoricalFocalCrossentropy: the model has {width} output, expected one for each \
                 class; binaryFocalCrossentropy takes a single output"
            ));
        }
        focal::check("categoricalFocalCrossentropy", self.alpha, self.gamma)?;
        check_smoothing("categoricalFocalCrossentropy", self.label_smoothing)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let width = batch.width;
        let smooth =
            |t: f32| t * (1.0 - self.label_smoothing) + self.label_smoothing / width as f32;
        match batch.targets {
            TargetBatch::Classes(labels) => {
                let target = |row: usize, class| smooth(f32::from(labels[row] as usize == class));
                self.of_rows(batch, target, losses, doutputs);
            }
            TargetBatch::Dense(values) => {
                let target = |row: usize, class: usize| smooth(values[row * width + class]);
                self.of_rows(batch, target, losses, doutputs);
            }
        }
    }
}

impl CategoricalFocalCrossentropy {
    fn of_rows(
        &self,
        batch: &LossBatch<'_>,
        target: impl Fn(usize, usize) -> f32,
        losses: &mut [f32],
        doutputs: &mut [f32],
    ) {
        match batch.form {
            Form::Logits => self.of_logits(batch, target, losses, doutputs),
            Form::Outputs => self.of_probabilities(batch, target, losses, doutputs),
        }
    }

    fn of_logits(
        &self,
        batch: &LossBatch<'_>,
        target: impl Fn(usize, usize) -> f32,
        losses: &mut [f32],
        doutputs: &mut [f32],
    ) {
        let LossBatch { width, outputs, scale, .. } = *batch;
        softmax::log_sum_exp(width, outputs, &mut doutputs[..width], losses);
        softmax::softmax(width, outputs, doutputs);
        let rows = outputs.chunks_exact(width).zip(doutputs.chunks_exact_mut(width));
        for (row, (loss, (x, dx))) in losses.iter_mut().zip(rows).enumerate() {
            let log_sum = *loss;
            // At most one probability is so near 1 that the others say better how far it is off.
            let near = dx.iter().position(|&p| p > 0.5);
            let others = near.map(|near| {
                let all = dx.iter().enumerate().filter(|(class, _)| *class != near);
                all.map(|(_, &p)| f64::from(p)).sum::<f64>()
            });
            let term = |class: usize, p: f32| {
                let t = target(row, class);
                if t == 0.0 {
                    // An infinite logit that does not matter must not make a NaN.
                    return (0.0, 0.0, 1.0 - p);
                }
                let (rest, log) = match others {
                    Some(rest) if near == Some(class) => (rest as f32, libm::log1p(-rest) as f32),
                    _ => (1.0 - p, x[class] - log_sum),
                };
                let factor = self.alpha * t * focal::power(rest, self.gamma);
                // The limit, where the others are nothing.
                let growth = if rest > 0.0 { p * log / rest } else { -1.0 };
                (-factor * log, factor * (self.gamma * growth - 1.0), rest)
            };
            let (mut total, mut sum) = (0.0f64, 0.0f64);
            for (class, &p) in dx.iter().enumerate() {
                let (loss, h, _) = term(class, p);
                total += f64::from(loss);
                sum += f64::from(h);
            }
            *loss = total as f32;
            for (class, dx) in dx.iter_mut().enumerate() {
                let p = *dx;
                let (_, h, rest) = term(class, p);
                let gradient = scale * (h * rest - p * (sum - f64::from(h)) as f32);
                *dx = if gradient.abs() < softmax::LEAST_GRADIENT { 0.0 } else { gradient };
            }
        }
    }

    fn of_probabilities(
        &self,
        batch: &LossBatch<'_>,
        target: impl Fn(usize, usize) -> f32,
        losses: &mut [f32],
        doutputs: &mut [f32],
    ) {
        let LossBatch { width, outputs, scale, .. } = *batch;
        let rows = outputs.chunks_exact(width).zip(doutputs.chunks_exact_mut(width));
        for (row, (loss, (p, dp))) in losses.iter_mut().zip(rows).enumerate() {
            let sum = p.iter().sum::<f32>().max(EPSILON);
            let (mut total, mut common) = (0.0f64, 0.0f64);
            for (class, (&p, dp)) in p.iter().zip(dp.iter_mut()).enumerate() {
                let share = p / sum;
                let q = share.clamp(EPSILON, 1.0 - EPSILON);
                let (rest, log) = (1.0 - q, vecmath::ln_scalar(q));
                let factor = self.alpha * target(row, class) * focal::power(rest, self.gamma);
                total -= f64::from(factor * log);
                let gradient = factor * (self.gamma * log / rest - 1.0 / q);
                *dp = if q == share { gradient } else { 0.0 };
                common += f64::from(*dp) * f64::from(share);
            }
            *loss = total as f32;
            dp.iter_mut().for_each(|dp| *dp = scale * (*dp - common as f32) / sum);
        }
    }
}
