//! Sums in a fixed, blocked order.

use super::lanes::{load_part, vectors};
use crate::kernels::arrays;
use crate::simd::F32x4;

/// The rows that are summed in single precision before the sum is carried on in double precision.
const BLOCK: usize = 64;

/// The sum of all elements: blocks in single precision, their sums in double precision.
#[must_use]
pub fn sum(x: &[f32]) -> f64 {
    x.chunks(BLOCK * 4).map(|block| f64::from(block_sum(block, |x| x))).sum()
}

/// The sum of the squares of all elements, like [`sum`].
#[must_use]
pub fn sum_of_squares(x: &[f32]) -> f64 {
    x.chunks(BLOCK * 4).map(|block| f64::from(block_sum(block, |x| x * x))).sum()
}

/// The sum of the absolute values of all elements, like [`sum`].
#[must_use]
pub fn sum_of_abs(x: &[f32]) -> f64 {
    x.chunks(BLOCK * 4).map(|block| f64::from(block_sum(block, F32x4::abs))).sum()
}

/// The sum of the products of two slices of one length, in single precision: the middle of a filter.
#[inline(never)]
#[must_use]
pub fn dot(x: &[f32], y: &[f32]) -> f32 {
    let ((x_lanes, x_rest), (y_lanes, y_rest)) = (x.as_chunks::<8>(), y.as_chunks::<8>());
    let mut sums = [F32x4::zero(); 2];
    for (x, y) in x_lanes.iter().zip(y_lanes) {
        let (x, y) = (x.as_chunks::<4>().0, y.as_chunks::<4>().0);
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += F32x4::load(x) * F32x4::load(y);
        }
    }
    let rest = x_rest.iter().zip(y_rest).fold(0.0, |sum, (x, y)| sum + x * y);
    (sums[0] + sums[1]).sum() + rest
}

#[inline(always)]
fn block_sum(x: &[f32], f: impl Fn(F32x4) -> F32x4) -> f32 {
    let (lanes, rest) = x.as_chunks::<4>();
    let mut sums = [F32x4::zero(); 4];
    let (groups, ungrouped) = lanes.as_chunks::<4>();
    for group in groups {
        for (sum, x) in sums.iter_mut().zip(group) {
            *sum += f(F32x4::load(x));
        }
    }
    for x in ungrouped {
        sums[0] += f(F32x4::load(x));
    }
    sums[1] += f(F32x4::load_or(rest, 0.0));
    ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum()
}

/// The largest element, or minus infinity; NaN are passed over.
#[must_use]
pub fn max(x: &[f32]) -> f32 {
    x.iter().fold(f32::NEG_INFINITY, |max, &x| if x > max { x } else { max })
}

/// The sums of the columns of `x` [rows, sums.len()]: blocks in single precision, their sums in
/// double precision.
pub fn column_sums(x: &[f32], sums: &mut [f32]) {
    column_totals(
        [x],
        [],
        sums.len(),
        |[x], []| [x],
        |column, [total]| {
            sums[column] = total as f32;
        },
    );
}

/// The columns whose totals are carried on together: rows of them are whole lines of the cache.
const COLUMNS: usize = 64;

/// Calls `each(column, totals)` for every column with the totals over the rows of
/// `f(elements, factors)`, where `elements` are those of the `N` matrices `x` [rows, columns] and
/// `factors` those of the column, padded to whole vectors. `f` is asked for four columns at a time,
/// and so for up to three more than there are.
#[inline(always)]
pub(super) fn column_totals<const N: usize, const K: usize, const M: usize>(
    x: [&[f32]; N],
    factors: [&[f32]; K],
    columns: usize,
    f: impl Fn([F32x4; N], [F32x4; K]) -> [F32x4; M],
    mut each: impl FnMut(usize, [f64; M]),
) {
    for first in (0..columns).step_by(COLUMNS) {
        let width = COLUMNS.min(columns - first);
        let mut totals = [[[0.0_f64; M]; 4]; COLUMNS / 4];
        for block in 0..x[0].len().div_ceil(BLOCK * columns) {
            let x = x.map(|x| x.chunks(BLOCK * columns).nth(block).unwrap_or_default());
            // Four vectors of columns at a time as long as their sums and factors fit the registers.
            let is_small = M + K <= 3;
            let mut c = 0;
            while c < width {
                let at = first + c;
                let (totals, rest) = (&mut totals[c / 4..], width - c);
                c += if is_small && rest >= 16 {
                    column_block::<N, K, M, 4, true>(x, factors, columns, at, &f, totals)
                } else if rest >= 8 {
                    column_block::<N, K, M, 2, true>(x, factors, columns, at, &f, totals)
                } else if rest >= 4 {
                    column_block::<N, K, M, 1, true>(x, factors, columns, at, &f, totals)
                } else {
                    column_block::<N, K, M, 1, false>(x, factors, columns, at, &f, totals)
                };
            }
        }
        for (column, &total) in totals.as_flattened()[..width].iter().enumerate() {
            each(first + column, total);
        }
    }
}

/// Adds the sums over a block of rows to the totals of `V` vectors of columns, the last of them perhaps
/// not `WHOLE`; returns how many columns they are.
#[inline(always)]
fn column_block<
    const N: usize,
    const K: usize,
    const M: usize,
    const V: usize,
    const WHOLE: bool,
>(
    x: [&[f32]; N],
    factors: [&[f32]; K],
    columns: usize,
    first: usize,
    f: &impl Fn([F32x4; N], [F32x4; K]) -> [F32x4; M],
    totals: &mut [[[f64; M]; 4]],
) -> usize {
    let factors: [[F32x4; K]; V] =
        arrays::from_fn(|v| arrays::map(factors, |factors| load_part(factors, first + 4 * v)));
    let mut sums = [[F32x4::zero(); M]; V];
    for start in (first..x[0].len()).step_by(columns) {
        let mut add = |v: usize, x: [F32x4; N]| {
            for (sum, term) in sums[v].iter_mut().zip(f(x, factors[v])) {
                *sum += term;
            }
        };
        if WHOLE {
            let Some(x) = vectors::<N, V>(x, start) else { break };
            for v in 0..V {
                add(v, arrays::map(x, |x| F32x4::load(&x[v])));
            }
        } else {
            add(0, arrays::map(x, |x| load_part(x, start)));
        }
    }
    for (totals, sums) in totals.iter_mut().zip(sums) {
        for (m, sum) in sums.into_iter().enumerate() {
            for (total, sum) in totals.iter_mut().zip(sum.to_array()) {
                total[m] += f64::from(sum);
            }
        }
    }
    4 * V
}
