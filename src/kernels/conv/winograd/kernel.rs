//! The transforms of the kernel and of its gradient.

use super::transform::Transform;
use crate::kernels::arrays;
use crate::kernels::gemm::Panels;
use crate::kernels::gemm::panels::WIDE;
use crate::kernels::lanes::{load_part, store_part};
use crate::simd::F32x4;

/// Transforms a kernel [3, 3, depth, columns] and packs each of the `A * A` matrices
/// [depth, columns], panel by panel.
#[inline(never)]
pub fn pack<T: Transform<M, A>, const M: usize, const A: usize>(
    kernel: &[f32],
    packed: &mut [Panels],
) {
    let columns = packed[0].columns();
    let depth = kernel.len() / (9 * columns);
    for panel in (0..columns).step_by(WIDE) {
        for row in 0..depth {
            for first in (panel..columns.min(panel + WIDE)).step_by(4) {
                let tap = |i: usize, j: usize| {
                    let tap = &kernel[((3 * i + j) * depth + row) * columns..][..columns];
                    load_part(tap, first)
                };
                let transformed = both::<T, M, A>(tap);
                for (panels, values) in packed.iter_mut().zip(transformed.as_flattened()) {
                    values.store(panels.lanes_mut(row, first));
                }
            }
        }
    }
}

/// `G g Gᵀ`.
#[inline(always)]
fn both<T: Transform<M, A>, const M: usize, const A: usize>(
    tap: impl Fn(usize, usize) -> F32x4,
) -> [[F32x4; A]; A] {
    let columns: [[F32x4; A]; 3] = arrays::from_fn(|j| T::kernel(arrays::from_fn(|i| tap(i, j))));
    arrays::from_fn(|i| T::kernel(arrays::map(columns, |column| column[i])))
}

/// The kernel [3, 3, in, out] turned by half a turn, [3, 3, out, in]: convolving the gradient of the
/// output with it gives the gradient of the input.
#[inline(never)]
pub fn turn(kernel: &[f32], [channels, filters]: [usize; 2], turned: &mut [f32]) {
    let taps = kernel.chunks_exact(channels * filters).rev();
    for (tap, turned) in taps.zip(turned.chunks_exact_mut(channels * filters)) {
        // A few filters at a time: rows that are written to one after the other stay in the cache.
        for (block, turned) in turned.chunks_mut(WIDE * channels).enumerate() {
            for (c, row) in tap.chunks_exact(filters).enumerate() {
                let row = &row[block * WIDE..];
                for (turned, &weight) in turned.chunks_exact_mut(channels).zip(row) {
                    turned[c] = weight;
                }
            }
        }
    }
}

/// From the gradients of the transformed kernel, `A * A` matrices one after the other, that of the
/// kernel: `Gᵀ du G`.
#[inline(never)]
pub fn gradient<T: Transform<M, A>, const M: usize, const A: usize>(
    transformed: &[f32],
    dkernel: &mut [f32],
) {
    let len = dkernel.len() / 9;
    for first in (0..len).step_by(4) {
        let at = |i: usize, j: usize| load_part(&transformed[(i * A + j) * len..][..len], first);
        let columns: [[F32x4; 3]; A] =
            arrays::from_fn(|j| T::kernel_gradient(arrays::from_fn(|i| at(i, j))));
        for (i, taps) in dkernel.chunks_exact_mut(3 * len).enumerate() {
            let row = T::kernel_gradient(arrays::map(columns, |column| column[i]));
            for (value, tap) in row.into_iter().zip(taps.chunks_exact_mut(len)) {
                store_part(value, tap, first);
            }
        }
    }
}
