//! The passes of a transform: Stockham's ordering of the algorithm of Cooley and Tukey, which reads
//! one buffer and writes the other and needs no bit reversal.

use super::{Complex, LARGEST_FACTOR};
use crate::kernels::arrays;
use crate::simd::F32x4;

/// One factor of the length.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    radix: usize,
    /// Transforms that lie side by side already.
    stride: usize,
    /// For each of the groups, the factors of outputs 1 and on.
    twiddles: Vec<[f32; 2]>,
    /// `exp(-2 pi i k / radix)`.
    roots: Vec<[f32; 2]>,
}

/// The passes for so many points; `None` where a prime factor is too large.
pub(super) fn of(points: usize) -> Option<Vec<Pass>> {
    let (mut passes, mut rest, mut stride) = (Vec::new(), points, 1);
    while rest > 1 {
        let radix = [4, 2].into_iter().chain((3..=LARGEST_FACTOR).step_by(2));
        let radix = { radix }.find(|radix| rest.is_multiple_of(*radix))?;
        let groups = rest / radix;
        let twiddles = (0..groups).flat_map(|j| (1..radix).map(move |t| unit(j * t, rest)));
        passes.push(Pass {
            radix,
            stride,
            twiddles: twiddles.collect(),
            roots: (0..radix).map(|k| unit(k, radix)).collect(),
        });
        (rest, stride) = (groups, stride * radix);
    }
    Some(passes)
}

/// `exp(-2 pi i k / n)`, exact where it is a multiple of a quarter turn.
pub(super) fn unit(k: usize, n: usize) -> [f32; 2] {
    let k = k % n;
    // The angle is taken from the nearest quarter turn, where sine and cosine are most exact.
    let quarter = (4 * k + n / 2) / n;
    let angle = std::f64::consts::TAU * ((4 * k) as f64 - (quarter * n) as f64) / (4 * n) as f64;
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let [cos, sin] = match quarter % 4 {
        0 => [cos, sin],
        1 => [-sin, cos],
        2 => [-cos, -sin],
        _ => [sin, -cos],
    };
    [cos as f32, -sin as f32]
}

impl Pass {
    pub fn run(&self, x: &[Complex], y: &mut [Complex]) {
        match self.radix {
            2 => self.run_of::<2>(x, y, |[a, b]| [a.plus(b), a.minus(b)]),
            4 => self.run_of::<4>(x, y, four),
            3 => self.run_of::<3>(x, y, |values| self.sums(values)),
            5 => self.run_of::<5>(x, y, |values| self.sums(values)),
            _ => self.run_any(x, y),
        }
    }

    #[inline(always)]
    fn run_of<const R: usize>(
        &self,
        x: &[Complex],
        y: &mut [Complex],
        butterfly: impl Fn([Complex; R]) -> [Complex; R],
    ) {
        let stride = self.stride;
        let apart = x.len() / R;
        let groups = y.chunks_exact_mut(R * stride).zip(self.twiddles.chunks_exact(R - 1));
        for (j, (y, twiddles)) in groups.enumerate() {
            for q in 0..stride {
                let values = arrays::from_fn(|r| x[q + stride * j + apart * r]);
                let values = butterfly(values);
                y[q] = values[0];
                for t in 1..R {
                    y[q + stride * t] = values[t].times(twiddles[t - 1]);
                }
            }
        }
    }

    /// For larger primes.
    #[inline(never)]
    fn run_any(&self, x: &[Complex], y: &mut [Complex]) {
        let (radix, stride) = (self.radix, self.stride);
        let apart = x.len() / radix;
        let groups = y.chunks_exact_mut(radix * stride).zip(self.twiddles.chunks_exact(radix - 1));
        for (j, (y, twiddles)) in groups.enumerate() {
            for q in 0..stride {
                for t in 0..radix {
                    let mut sum = x[q + stride * j];
                    for r in 1..radix {
                        let value = x[q + stride * j + apart * r];
                        sum = sum.plus(value.times(self.roots[r * t % radix]));
                    }
                    y[q + stride * t] = if t == 0 { sum } else { sum.times(twiddles[t - 1]) };
                }
            }
        }
    }

    #[inline(always)]
    fn sums<const R: usize>(&self, values: [Complex; R]) -> [Complex; R] {
        arrays::from_fn(|t| {
            (1..R).fold(values[0], |sum, r| sum.plus(values[r].times(self.roots[r * t % R])))
        })
    }
}

#[inline(always)]
fn four([a, b, c, d]: [Complex; 4]) -> [Complex; 4] {
    let (p, q, r, s) = (a.plus(c), a.minus(c), b.plus(d), b.minus(d));
    // s times -i.
    let s = Complex { re: s.im, im: -s.re };
    [p.plus(r), q.plus(s), p.minus(r), q.minus(s)]
}

impl arrays::Blank for Complex {
    #[inline(always)]
    fn blank() -> Self {
        Self { re: F32x4::zero(), im: F32x4::zero() }
    }
}

impl Complex {
    #[inline(always)]
    fn plus(self, b: Self) -> Self {
        Self { re: self.re + b.re, im: self.im + b.im }
    }

    #[inline(always)]
    fn minus(self, b: Self) -> Self {
        Self { re: self.re - b.re, im: self.im - b.im }
    }

    #[inline(always)]
    fn times(self, [cos, sin]: [f32; 2]) -> Self {
        let (cos, sin) = (F32x4::splat(cos), F32x4::splat(sin));
        Self { re: self.re * cos - self.im * sin, im: self.re * sin + self.im * cos }
    }
}
