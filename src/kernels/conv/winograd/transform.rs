//! The transforms of the two algorithms along one axis, four channels at a time.

use crate::kernels::arrays;
use crate::kernels::lanes::load_part;
use crate::simd::F32x4;

/// F(M, 3): `M` outputs of a convolution with three taps by `A = M + 2` products,
/// `y = Aᵀ ((G g) ⊙ (Bᵀ d))`, after Toom and Cook with the point at infinity.
pub trait Transform<const M: usize, const A: usize> {
    /// `Bᵀ d`.
    fn input(d: [F32x4; A]) -> [F32x4; A];
    /// `G g`.
    fn kernel(g: [F32x4; 3]) -> [F32x4; A];
    /// `Aᵀ m`.
    fn output(m: [F32x4; A]) -> [F32x4; M];
    /// `A dy`: [`Transform::output`] transposed.
    fn output_gradient(dy: [F32x4; M]) -> [F32x4; A];
    /// `Gᵀ du`: [`Transform::kernel`] transposed.
    fn kernel_gradient(du: [F32x4; A]) -> [F32x4; 3];
}

#[inline(always)]
fn times(factor: f32, x: F32x4) -> F32x4 {
    F32x4::splat(factor) * x
}

/// F(2, 3) with the points 0, 1, -1.
pub struct F2;

impl Transform<2, 4> for F2 {
    #[inline(always)]
    fn input([d0, d1, d2, d3]: [F32x4; 4]) -> [F32x4; 4] {
        [d0 - d2, d1 + d2, d2 - d1, d3 - d1]
    }

    #[inline(always)]
    fn kernel([g0, g1, g2]: [F32x4; 3]) -> [F32x4; 4] {
        let even = times(0.5, g0 + g2);
        let odd = times(0.5, g1);
        [g0, even + odd, even - odd, g2]
    }

    #[inline(always)]
    fn output([m0, m1, m2, m3]: [F32x4; 4]) -> [F32x4; 2] {
        [m0 + (m1 + m2), (m1 - m2) + m3]
    }

    #[inline(always)]
    fn output_gradient([y0, y1]: [F32x4; 2]) -> [F32x4; 4] {
        [y0, y0 + y1, y0 - y1, y1]
    }

    #[inline(always)]
    fn kernel_gradient([u0, u1, u2, u3]: [F32x4; 4]) -> [F32x4; 3] {
        let even = times(0.5, u1 + u2);
        [u0 + even, times(0.5, u1 - u2), even + u3]
    }
}

/// F(4, 3) with the points 0, ±√½, ±√2. They are far apart and yet near 1, which makes the error
/// about four times smaller than that of the usual 0, ±1, ±2, with as many operations.
pub struct F4;

/// √½, the inner points.
const INNER: f32 = std::f32::consts::FRAC_1_SQRT_2;
/// √2, the outer points.
const OUTER: f32 = std::f32::consts::SQRT_2;

impl Transform<4, 6> for F4 {
    #[inline(always)]
    fn input([d0, d1, d2, d3, d4, d5]: [F32x4; 6]) -> [F32x4; 6] {
        let inner_even = d4 - (d2 + d2);
        let inner_odd = times(INNER, d3 - (d1 + d1));
        let outer_even = d4 - times(0.5, d2);
        let outer_odd = times(OUTER, d3 - times(0.5, d1));
        [
            (d0 + d4) - times(2.5, d2),
            inner_even + inner_odd,
            inner_even - inner_odd,
            outer_even + outer_odd,
            outer_even - outer_odd,
            (d1 + d5) - times(2.5, d3),
        ]
    }

    #[inline(always)]
    fn kernel([g0, g1, g2]: [F32x4; 3]) -> [F32x4; 6] {
        let inner_even = times(-2.0 / 3.0, g0 + times(0.5, g2));
        let inner_odd = times(-2.0 / 3.0 * INNER, g1);
        let outer_even = times(1.0 / 6.0, g0 + (g2 + g2));
        let outer_odd = times(1.0 / 6.0 * OUTER, g1);
        [
            g0,
            inner_even + inner_odd,
            inner_even - inner_odd,
            outer_even + outer_odd,
            outer_even - outer_odd,
            g2,
        ]
    }

    #[inline(always)]
    fn output([m0, m1, m2, m3, m4, m5]: [F32x4; 6]) -> [F32x4; 4] {
        let (inner_even, outer_even) = (m1 + m2, m3 + m4);
        let (inner_odd, outer_odd) = (times(INNER, m1 - m2), times(OUTER, m3 - m4));
        [
            m0 + (inner_even + outer_even),
            inner_odd + outer_odd,
            times(0.5, inner_even) + (outer_even + outer_even),
            (times(0.5, inner_odd) + (outer_odd + outer_odd)) + m5,
        ]
    }

    #[inline(always)]
    fn output_gradient([y0, y1, y2, y3]: [F32x4; 4]) -> [F32x4; 6] {
        let inner_even = y0 + times(0.5, y2);
        let inner_odd = times(INNER, y1 + times(0.5, y3));
        let outer_even = y0 + (y2 + y2);
        let outer_odd = times(OUTER, y1 + (y3 + y3));
        [
            y0,
            inner_even + inner_odd,
            inner_even - inner_odd,
            outer_even + outer_odd,
            outer_even - outer_odd,
            y3,
        ]
    }

    #[inline(always)]
    fn kernel_gradient([u0, u1, u2, u3, u4, u5]: [F32x4; 6]) -> [F32x4; 3] {
        let inner_even = times(-2.0 / 3.0, u1 + u2);
        let outer_even = times(1.0 / 6.0, u3 + u4);
        [
            u0 + (inner_even + outer_even),
            times(-2.0 / 3.0 * INNER, u1 - u2) + times(1.0 / 6.0 * OUTER, u3 - u4),
            (times(0.5, inner_even) + (outer_even + outer_even)) + u5,
        ]
    }
}

/// `y[..][i] = f(i, x[..][i])` for every `i`; all slices have one length. `f` is given four
/// elements at a time, from `i` on.
#[inline(always)]
pub fn apply<const P: usize, const Q: usize>(
    x: [&[f32]; P],
    mut y: [&mut [f32]; Q],
    f: impl Fn(usize, [F32x4; P]) -> [F32x4; Q],
) {
    let whole = x[0].len() / 4;
    {
        let x = arrays::map(x, |x| &x.as_chunks::<4>().0[..whole]);
        let mut y = y.each_mut().map(|y| &mut y.as_chunks_mut::<4>().0[..whole]);
        for i in 0..whole {
            let result = f(4 * i, arrays::map(x, |x| F32x4::load(&x[i])));
            for (y, result) in y.iter_mut().zip(result) {
                result.store(&mut y[i]);
            }
        }
    }
    let done = 4 * whole;
    if done < x[0].len() {
        let result = f(done, arrays::map(x, |x| load_part(x, done)));
        for (y, result) in y.iter_mut().zip(result) {
            result.store_part(&mut y[done..]);
        }
    }
}

/// Cuts a buffer into its first `N` planes of `stride` floats.
#[inline(always)]
pub fn planes<const N: usize>(buffer: &mut [f32], stride: usize) -> [&mut [f32]; N] {
    let mut planes = buffer.chunks_exact_mut(stride);
    std::array::from_fn(|_| planes.next().expect("a buffer of N planes"))
}
