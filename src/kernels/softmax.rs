//! Softmax and cross-entropy over rows, safe from overflow.

use super::elementwise::{map, update_in_place};
use super::reduce::{max, sum};
use super::vecmath;
use crate::simd::F32x4;

/// `y` = `e^x / Σ e^x` over each row of `x` [rows, width]; zero where that is subnormal.
pub fn softmax(width: usize, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        let share = F32x4::splat((1.0 / shifted_exp(x, y).1) as f32);
        let least = F32x4::splat(f32::MIN_POSITIVE);
        update_in_place(y, |e| (e * share).flush(least));
    }
}

/// [`softmax`] of one row, in its place.
pub fn softmax_in_place(row: &mut [f32]) {
    let shift = F32x4::splat(max(row));
    update_in_place(row, |x| vecmath::exp(x - shift));
    let share = F32x4::splat((1.0 / sum(row)) as f32);
    let least = F32x4::splat(f32::MIN_POSITIVE);
    update_in_place(row, |e| (e * share).flush(least));
}

/// The gradient of the input of [`softmax`] from its output: `dx = y (dy - Σ y dy)`.
pub fn softmax_backward(width: usize, y: &[f32], dy: &[f32], dx: &mut [f32]) {
    let rows = y.chunks_exact(width).zip(dy.chunks_exact(width));
    for (dx, (y, dy)) in dx.chunks_exact_mut(width).zip(rows) {
        super::elementwise::multiply(y, dy, dx);
        let total = F32x4::splat(sum(dx) as f32);
        super::elementwise::map2(y, dy, dx, |y, dy| y * (dy - total));
    }
}

/// `y` = `x - ln Σ e^x` over each row of `x` [rows, width].
pub fn log_softmax(width: usize, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        let (max, total) = shifted_exp(x, y);
        let (max, log_total) = (F32x4::splat(max), F32x4::splat(vecmath::ln_scalar(total as f32)));
        map(x, y, |x| (x - max) - log_total);
    }
}

/// The gradient of the input of [`log_softmax`] from its output: `dx = dy - e^y Σ dy`.
pub fn log_softmax_backward(width: usize, y: &[f32], dy: &[f32], dx: &mut [f32]) {
    let rows = y.chunks_exact(width).zip(dy.chunks_exact(width));
    for (dx, (y, dy)) in dx.chunks_exact_mut(width).zip(rows) {
        let total = F32x4::splat(sum(dy) as f32);
        super::elementwise::map2(y, dy, dx, |y, dy| dy - vecmath::exp(y) * total);
    }
}

/// `out` [rows] = `ln Σ e^x` over each row of `x` [rows, width]; `scratch` holds `width` floats.
pub fn log_sum_exp(width: usize, x: &[f32], scratch: &mut [f32], out: &mut [f32]) {
    for (x, out) in x.chunks_exact(width).zip(out) {
        let (max, total) = shifted_exp(x, &mut scratch[..width]);
        *out = max + vecmath::ln_scalar(total as f32);
    }
}

/// Gradients of logits below this size are zero: what backward passes make of them would be
/// subnormal, and slow, and is lost among the others.
pub const LEAST_GRADIENT: f32 = 1e-25;

/// What the logits should have said.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// The number of the class of each row; below `width`.
    Classes(&'a [u32]),
    /// The weight of every class of each row [rows, width]; usually they sum to one.
    Distribution(&'a [f32]),
}

/// The cross-entropy of softmax with a target, and its gradient.
///
/// `loss` [rows] = `-Σ t ln softmax(x)`; `dlogits` [rows, width] = `scale (softmax(x) Σ t - t)`.
pub fn cross_entropy(
    width: usize,
    logits: &[f32],
    target: Target<'_>,
    scale: f32,
    loss: &mut [f32],
    dlogits: &mut [f32],
) {
    let least = F32x4::splat(LEAST_GRADIENT);
    let rows = logits.chunks_exact(width).zip(dlogits.chunks_exact_mut(width));
    for (row, ((x, dx), loss)) in rows.zip(loss).enumerate() {
        let (max, total) = shifted_exp(x, dx);
        let log_total = vecmath::ln_scalar(total as f32);
        let share = f64::from(scale) / total;
        match target {
            Target::Classes(classes) => {
                let class = classes[row] as usize;
                *loss = log_total - (x[class] - max);
                let share = F32x4::splat(share as f32);
                update_in_place(dx, |e| (e * share).flush(least));
                dx[class] -= scale;
            }
            Target::Distribution(weights) => {
                let weights = &weights[row * width..][..width];
                let mass = sum(weights);
                let terms = x
                    .iter()
                    .zip(weights)
                    .map(|(x, t)| f64::from(*t) * f64::from(log_total - (x - max)));
                *loss = terms.sum::<f64>() as f32;
                let (share, scale) = (F32x4::splat((share * mass) as f32), F32x4::splat(scale));
                super::elementwise::update(dx, weights, |e, t| {
                    (e * share - t * scale).flush(least)
                });
            }
        }
    }
}

/// `y = e^(x - max x)`; returns the maximum and the sum of `y`.
fn shifted_exp(x: &[f32], y: &mut [f32]) -> (f32, f64) {
    let max = max(x);
    let shift = F32x4::splat(max);
    map(x, y, |x| vecmath::exp(x - shift));
    (max, sum(y))
}
