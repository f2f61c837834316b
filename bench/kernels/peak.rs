//! The most multiply-adds the lanes can do.

use super::median_seconds;
use std::hint::black_box;
use tabgrad::simd::F32x4;

const STEPS: usize = 4096;

/// Chains that fill the latency of the units and fit sixteen registers.
const CHAINS: usize = 12;

/// GFLOP/s of independent chains of multiply and add in registers.
pub fn multiply_add() -> f64 {
    let seconds = median_seconds(|| {
        black_box(chains(black_box(0.999), black_box(1e-3)));
    });
    (STEPS * CHAINS * 8) as f64 / seconds / 1e9
}

#[inline(never)]
fn chains(a: f32, b: f32) -> f32 {
    let (a, b) = (F32x4::splat(a), F32x4::splat(b));
    let mut sums = [F32x4::zero(); CHAINS];
    let mut x = a;
    for _ in 0..STEPS {
        for sum in &mut sums {
            *sum += x * b;
        }
        // The product must not be moved out of the loop.
        x = sums[0];
    }
    sums.into_iter().fold(F32x4::zero(), |total, sum| total + sum).sum()
}
