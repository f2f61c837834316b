//! What the two categorical cross-entropies share.

use super::{Form, LossBatch};
use crate::kernels::{softmax, vecmath};

/// Probabilities below it count as it, so that their logarithm is finite (Keras's epsilon).
pub(super) const EPSILON: f32 = 1e-7;

/// Cross-entropy of rows against `target(row, class)`.
///
/// Logits x: loss = sum_j t_j (ln sum_k exp x_k - x_j), d/dx_j = softmax(x)_j sum_k t_k - t_j.
///
/// Probabilities p are first divided by their sum, as Keras does: loss = -sum_j t_j ln(p_j / sum p),
/// d/dp_j = sum_k t_k / sum p - t_j / p_j.
pub(super) fn cross_entropy(
    batch: &LossBatch<'_>,
    target: impl Fn(usize, usize) -> f32,
    losses: &mut [f32],
    doutputs: &mut [f32],
) {
    match batch.form {
        Form::Logits => from_logits(batch, target, losses, doutputs),
        Form::Outputs => from_probabilities(batch, target, losses, doutputs),
    }
}

fn from_logits(
    batch: &LossBatch<'_>,
    target: impl Fn(usize, usize) -> f32,
    losses: &mut [f32],
    doutputs: &mut [f32],
) {
    let LossBatch { width, outputs, scale, .. } = *batch;
    softmax::log_sum_exp(width, outputs, &mut doutputs[..width], losses);
    for (row, (loss, x)) in losses.iter_mut().zip(outputs.chunks_exact(width)).enumerate() {
        let log_sum = *loss;
        let terms = x.iter().enumerate().map(|(class, &x)| match target(row, class) {
            // An infinite logit that does not matter must not make a NaN.
            0.0 => 0.0,
            t => f64::from(t) * f64::from(log_sum - x),
        });
        *loss = terms.sum::<f64>() as f32;
    }
    softmax::softmax(width, outputs, doutputs);
    for (row, dx) in doutputs.chunks_exact_mut(width).enumerate() {
        let total: f32 = (0..width).map(|class| target(row, class)).sum();
        for (class, dx) in dx.iter_mut().enumerate() {
            let gradient = scale * (*dx * total - target(row, class));
            *dx = if gradient.abs() < softmax::LEAST_GRADIENT { 0.0 } else { gradient };
        }
    }
}

fn from_probabilities(
    batch: &LossBatch<'_>,
    target: impl Fn(usize, usize) -> f32,
    losses: &mut [f32],
    doutputs: &mut [f32],
) {
    let LossBatch { width, outputs, scale, .. } = *batch;
    for (row, (loss, p)) in losses.iter_mut().zip(outputs.chunks_exact(width)).enumerate() {
        let sum = p.iter().sum::<f32>().max(EPSILON);
        let (mut total, mut counted) = (0.0f64, 0.0f32);
        for (class, &p) in p.iter().enumerate() {
            let t = target(row, class);
            total -= f64::from(t) * f64::from(vecmath::ln_scalar((p / sum).max(EPSILON)));
            if p / sum > EPSILON {
                counted += t;
            }
        }
        *loss = total as f32;
        let dp = &mut doutputs[row * width..(row + 1) * width];
        for (class, (dp, &p)) in dp.iter_mut().zip(p).enumerate() {
            let own = if p / sum > EPSILON { target(row, class) / p } else { 0.0 };
            *dp = scale * (counted / sum - own);
        }
    }
}
