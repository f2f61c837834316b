//! The most multiply-adds that a tile of accumulators can do with its operands in the innermost
//! cache.

use super::common::median_seconds;
use std::hint::black_box;
use tabgrad::simd::F32x4;

/// The rows of the operands, at most 6 KiB and 8 KiB.
const DEPTH: usize = 256;

/// GFLOP/s of the better of two tiles: the product of [4, depth] and of [6, depth] with [depth, 8].
/// A browser takes longer to optimise code that runs first, so that the best of three rounds counts.
pub fn multiply_add() -> f64 {
    (0..3).map(|_| of_tile::<4>().max(of_tile::<6>())).fold(0.0, f64::max)
}

fn of_tile<const P: usize>() -> f64 {
    let (a, b) = (vec![[0.5; P]; DEPTH], vec![[[0.25; 4]; 2]; DEPTH]);
    let seconds = median_seconds(|| {
        black_box(tile(black_box(&a), black_box(&b)));
    });
    (DEPTH * P * 8 * 2) as f64 / seconds / 1e9
}

#[inline(never)]
fn tile<const P: usize>(a: &[[f32; P]], b: &[[[f32; 4]; 2]]) -> f32 {
    let mut sums = [[F32x4::zero(); 2]; P];
    for (a, b) in a.iter().zip(b) {
        let b = b.each_ref().map(F32x4::load);
        for (sums, &a) in sums.iter_mut().zip(a) {
            let a = F32x4::splat(a);
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = F32x4::mul_add(a, b, *sum);
            }
        }
    }
    sums.into_iter().flatten().fold(F32x4::zero(), |total, sum| total + sum).sum()
}
