//! Limits on gradients.

use super::elementwise::{scale_in_place, update_in_place};
use super::reduce::sum_of_squares;
use crate::simd::F32x4;

/// Brings every element into `-limit..=limit`.
pub fn clip_by_value(limit: f32, g: &mut [f32]) {
    let (low, high) = (F32x4::splat(-limit), F32x4::splat(limit));
    // The limits stand first, so that NaN stays NaN.
    update_in_place(g, |g| high.min(low.max(g)));
}

/// Scales all elements so that the root of the sum of their squares is at most `limit` (Pascanu,
/// Mikolov and Bengio, 2013). Returns what it was before; where that is not finite, nothing is
/// scaled.
pub fn clip_by_norm(limit: f64, g: &mut [f32]) -> f64 {
    let norm = norm(g);
    if norm > limit && norm.is_finite() {
        scale_in_place((limit / norm) as f32, g);
    }
    norm
}

/// The root of the sum of the squares, also where those are too large for single precision.
fn norm(g: &[f32]) -> f64 {
    let sum = sum_of_squares(g);
    if sum.is_finite() {
        return sum.sqrt();
    }
    let wide = |g: &f32| f64::from(*g) * f64::from(*g);
    g.iter().map(wide).sum::<f64>().sqrt()
}
