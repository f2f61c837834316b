//! Element by element operations on slices of one length.

use crate::simd::F32x4;

/// `y[i] = f(x[i])` over lanes; the last lanes are filled up with zeros, so every element passes
/// through the same instructions.
#[inline(always)]
pub fn map(x: &[f32], y: &mut [f32], f: impl Fn(F32x4) -> F32x4) {
    assert_eq!(x.len(), y.len());
    let (x, x_rest) = x.as_chunks::<4>();
    let (y, y_rest) = y.as_chunks_mut::<4>();
    for (x, y) in x.iter().zip(y) {
        f(F32x4::load(x)).store(y);
    }
    f(F32x4::load_or(x_rest, 0.0)).store_part(y_rest);
}

/// `y[i] = f(a[i], b[i])`, like [`map`].
#[inline(always)]
pub fn map2(a: &[f32], b: &[f32], y: &mut [f32], f: impl Fn(F32x4, F32x4) -> F32x4) {
    assert!(a.len() == y.len() && b.len() == y.len());
    let (a, a_rest) = a.as_chunks::<4>();
    let (b, b_rest) = b.as_chunks::<4>();
    let (y, y_rest) = y.as_chunks_mut::<4>();
    for ((a, b), y) in a.iter().zip(b).zip(y) {
        f(F32x4::load(a), F32x4::load(b)).store(y);
    }
    f(F32x4::load_or(a_rest, 0.0), F32x4::load_or(b_rest, 0.0)).store_part(y_rest);
}

/// `y[i] = f(y[i], x[i])`, like [`map`].
#[inline(always)]
pub fn update(y: &mut [f32], x: &[f32], f: impl Fn(F32x4, F32x4) -> F32x4) {
    assert_eq!(x.len(), y.len());
    let (x, x_rest) = x.as_chunks::<4>();
    let (y, y_rest) = y.as_chunks_mut::<4>();
    for (x, y) in x.iter().zip(y) {
        f(F32x4::load(y), F32x4::load(x)).store(y);
    }
    f(F32x4::load_or(y_rest, 0.0), F32x4::load_or(x_rest, 0.0)).store_part(y_rest);
}

/// `y[i] = f(y[i], a[i], b[i])`, like [`map`].
#[inline(always)]
pub fn update2(y: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(F32x4, F32x4, F32x4) -> F32x4) {
    assert!(a.len() == y.len() && b.len() == y.len());
    let (a, a_rest) = a.as_chunks::<4>();
    let (b, b_rest) = b.as_chunks::<4>();
    let (y, y_rest) = y.as_chunks_mut::<4>();
    for ((a, b), y) in a.iter().zip(b).zip(y) {
        f(F32x4::load(y), F32x4::load(a), F32x4::load(b)).store(y);
    }
    let [a, b] = [a_rest, b_rest].map(|rest| F32x4::load_or(rest, 0.0));
    f(F32x4::load_or(y_rest, 0.0), a, b).store_part(y_rest);
}

/// `y = a + b`.
pub fn add(a: &[f32], b: &[f32], y: &mut [f32]) {
    map2(a, b, y, |a, b| a + b);
}

/// `y = a - b`.
pub fn subtract(a: &[f32], b: &[f32], y: &mut [f32]) {
    map2(a, b, y, |a, b| a - b);
}

/// `y = a * b`. With a mask of zeros and `1 / (1 - rate)` for `b` it is dropout, forward and
/// backward.
pub fn multiply(a: &[f32], b: &[f32], y: &mut [f32]) {
    map2(a, b, y, |a, b| a * b);
}

/// `y = scale * x`.
pub fn scale(scale: f32, x: &[f32], y: &mut [f32]) {
    let scale = F32x4::splat(scale);
    map(x, y, |x| scale * x);
}

/// `y[i] = f(y[i])`, like [`map`].
#[inline(always)]
pub fn update_in_place(y: &mut [f32], f: impl Fn(F32x4) -> F32x4) {
    let (lanes, rest) = y.as_chunks_mut::<4>();
    for y in lanes {
        f(F32x4::load(y)).store(y);
    }
    f(F32x4::load_or(rest, 0.0)).store_part(rest);
}

/// `y *= scale`.
pub fn scale_in_place(scale: f32, y: &mut [f32]) {
    let scale = F32x4::splat(scale);
    update_in_place(y, |y| y * scale);
}

/// `y += x`.
pub fn accumulate(x: &[f32], y: &mut [f32]) {
    update(y, x, |y, x| y + x);
}

/// `y += a * x`.
pub fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    let a = F32x4::splat(a);
    update(y, x, |y, x| y + a * x);
}

/// `y += a * b`.
pub fn multiply_accumulate(a: &[f32], b: &[f32], y: &mut [f32]) {
    update2(y, a, b, |y, a, b| y + a * b);
}

/// Adds `bias` [columns] to every row of `y` [rows, columns].
pub fn add_bias(bias: &[f32], y: &mut [f32]) {
    for row in y.chunks_exact_mut(bias.len()) {
        accumulate(bias, row);
    }
}

/// Whether no element is NaN or infinite.
#[must_use]
pub fn is_finite(x: &[f32]) -> bool {
    // Zero times a finite number is zero, and NaN otherwise; NaN stays in the sum.
    let (lanes, rest) = x.as_chunks::<4>();
    let mut sum = F32x4::load_or(rest, 0.0) * F32x4::zero();
    for x in lanes {
        sum += F32x4::load(x) * F32x4::zero();
    }
    sum.sum() == 0.0
}
