//! Sums in a fixed, blocked order.

use super::lanes::load_part;
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
    column_totals([x], sums.len(), |[x], _| [x], |column, [total]| sums[column] = total as f32);
}

/// Calls `each(column, totals)` for every column with the totals over the rows of
/// `f(elements, column)`, where `elements` are those of the `N` matrices `x` [rows, columns]. `f` is
/// asked for four columns at a time, and so for up to three more than there are.
#[inline(always)]
pub(super) fn column_totals<const N: usize, const M: usize>(
    x: [&[f32]; N],
    columns: usize,
    f: impl Fn([F32x4; N], usize) -> [F32x4; M],
    mut each: impl FnMut(usize, [f64; M]),
) {
    let mut first = 0;
    while first < columns {
        // As many columns as fill four registers, or two, or one.
        let rest = columns - first;
        first += if rest >= 16 {
            column_group::<N, M, 4>(x, columns, first, &f, &mut each)
        } else if rest >= 8 {
            column_group::<N, M, 2>(x, columns, first, &f, &mut each)
        } else {
            column_group::<N, M, 1>(x, columns, first, &f, &mut each)
        };
    }
}

/// [`column_totals`] of `V` vectors of columns; returns how many columns they are.
#[inline(always)]
fn column_group<const N: usize, const M: usize, const V: usize>(
    x: [&[f32]; N],
    columns: usize,
    first: usize,
    f: impl Fn([F32x4; N], usize) -> [F32x4; M],
    mut each: impl FnMut(usize, [f64; M]),
) -> usize {
    let rows = x[0].len() / columns;
    let mut totals = [[[0.0_f64; M]; 4]; V];
    for start in (0..rows).step_by(BLOCK) {
        let mut sums = [[F32x4::zero(); M]; V];
        for row in start..rows.min(start + BLOCK) {
            let x = x.map(|x| &x[row * columns + first..(row + 1) * columns]);
            let lanes = x.map(|x| x.as_chunks::<4>().0.first_chunk::<V>());
            for (v, sums) in sums.iter_mut().enumerate() {
                let lane = |n: usize| match lanes[n] {
                    Some(lanes) => F32x4::load(&lanes[v]),
                    None => load_part(x[n], 4 * v),
                };
                let terms = f(std::array::from_fn(lane), first + 4 * v);
                for (sum, term) in sums.iter_mut().zip(terms) {
                    *sum += term;
                }
            }
        }
        for (totals, sums) in totals.iter_mut().zip(sums) {
            for (m, sum) in sums.into_iter().enumerate() {
                for (total, sum) in totals.iter_mut().zip(sum.to_array()) {
                    total[m] += f64::from(sum);
                }
            }
        }
    }
    let width = (4 * V).min(columns - first);
    for (column, &total) in totals.as_flattened()[..width].iter().enumerate() {
        each(first + column, total);
    }
    width
}
