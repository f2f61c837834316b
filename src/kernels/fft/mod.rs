//! The discrete Fourier transform of four real signals side by side.
//!
//! Each lane of a vector belongs to a signal of its own (four frames of a sound), so every radix is
//! a plain loop without shuffles. A signal of even length `n` is transformed as one of `n / 2`
//! complex numbers, and its spectrum is taken apart afterwards; rounding errors of one frame never
//! reach another.
//!
//! It is written here and not taken from `rustfft`, which chooses an algorithm by the processor
//! (AVX, SSE, wasm's own) and takes its twiddle factors from the system's sine and cosine: its last
//! digits differ between a browser and a server. These do not: twiddle factors come from `libm`, and
//! no operation is fused.

mod passes;
#[cfg(test)]
mod tests;

use crate::kernels::arrays;
use crate::simd::{F32x4, LANES};
use crate::{Result, err};
use passes::{Pass, unit};

/// The longest signal.
pub const LONGEST: usize = 1 << 16;
/// The largest prime factor of a length: sums over it are computed term by term.
pub const LARGEST_FACTOR: usize = 31;

/// Four complex numbers.
#[derive(Clone, Copy, Debug)]
struct Complex {
    re: F32x4,
    im: F32x4,
}

/// The transform of real signals of one length, with the memory that it needs.
#[derive(Clone, Debug)]
pub struct RealFft {
    len: usize,
    passes: Vec<Pass>,
    /// Of even lengths, `exp(-2 pi i k / n)` for `k` from 0 to `n / 2`.
    split: Vec<[f32; 2]>,
    work: Vec<Complex>,
    spare: Vec<Complex>,
}

impl RealFft {
    /// For signals of this length.
    ///
    /// # Errors
    /// `Argument` for lengths below 2 or above [`LONGEST`], and those with a prime factor above
    /// [`LARGEST_FACTOR`].
    pub fn new(len: usize) -> Result<Self> {
        if !(2..=LONGEST).contains(&len) {
            return Err(err!(Argument, "fft: the length is {len}, expected 2 to {LONGEST}"));
        }
        let (points, split) = if len.is_multiple_of(2) {
            (len / 2, (0..=len / 2).map(|k| unit(k, len)).collect())
        } else {
            (len, Vec::new())
        };
        let Some(passes) = passes::of(points) else {
            return Err(err!(
                Argument,
                "fft: the length is {len}, expected a product of primes up to {LARGEST_FACTOR}"
            ));
        };
        let zero = Complex { re: F32x4::zero(), im: F32x4::zero() };
        let (work, spare) = (vec![zero; points], vec![zero; points]);
        Ok(Self { len, passes, split, work, spare })
    }

    /// Values of a signal.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never: there are at least two.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Frequencies of a spectrum: `n / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.len / 2 + 1
    }

    /// Writes the squared magnitudes of the spectra of four signals, each multiplied by `window`:
    /// `power` is `[bins][4]`.
    ///
    /// # Panics
    /// If a signal or the window is shorter than [`len`](Self::len), or `power` than
    /// [`bins`](Self::bins).
    pub fn power(&mut self, signals: [&[f32]; LANES], window: &[f32], power: &mut [F32x4]) {
        let signals = arrays::map(signals, |signal| &signal[..self.len]);
        let window = &window[..self.len];
        let power = &mut power[..self.len / 2 + 1];
        let at = |i: usize| F32x4::load(&arrays::map(signals, |x| x[i])) * F32x4::splat(window[i]);
        if self.split.is_empty() {
            for (i, value) in self.work.iter_mut().enumerate() {
                *value = Complex { re: at(i), im: F32x4::zero() };
            }
            self.transform();
            for (power, x) in power.iter_mut().zip(&self.work) {
                *power = x.re * x.re + x.im * x.im;
            }
        } else {
            for (i, value) in self.work.iter_mut().enumerate() {
                *value = Complex { re: at(2 * i), im: at(2 * i + 1) };
            }
            self.transform();
            self.take_apart(power);
        }
    }

    fn transform(&mut self) {
        for pass in &self.passes {
            pass.run(&self.work, &mut self.spare);
            std::mem::swap(&mut self.work, &mut self.spare);
        }
    }

    /// With `z` the transform of `x[2i] + i x[2i + 1]`, the spectrum of `x` is
    /// `(z[k] + z*[m - k]) / 2 - i w^k (z[k] - z*[m - k]) / 2`.
    #[inline(never)]
    fn take_apart(&self, power: &mut [F32x4]) {
        let points = self.work.len();
        let half = F32x4::splat(0.5);
        for (k, (power, &[cos, sin])) in power.iter_mut().zip(&self.split).enumerate() {
            let (a, b) = (self.work[k % points], self.work[(points - k) % points]);
            let even = Complex { re: half * (a.re + b.re), im: half * (a.im - b.im) };
            let odd = Complex { re: half * (a.im + b.im), im: half * (b.re - a.re) };
            let (cos, sin) = (F32x4::splat(cos), F32x4::splat(sin));
            let re = even.re + (odd.re * cos - odd.im * sin);
            let im = even.im + (odd.re * sin + odd.im * cos);
            *power = re * re + im * im;
        }
    }
}
