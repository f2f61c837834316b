//! Elementary functions on four lanes, with the same bits on every target.
//!
//! Each is a range reduction and a short polynomial in single precision. The scalar forms run the
//! lanes' code, so they agree to the bit. The largest errors found over the whole range, in units in
//! the last place (the tests hold them to it): [`exp`] 1.0, [`ln`] 0.8, [`exp_m1`] 2.9, [`tanh`]
//! 2.7, [`sigmoid`] 2.4, [`erf`] 1.4, [`softplus`] 2.7. NaN stays NaN. Results of [`exp`] below the
//! smallest normal number, 2^-126, become zero: arithmetic on denormals is slow on many processors.

use super::arrays;
use super::elementwise::map;
use crate::simd::{F32x4, I32x4};
use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// ln 2 in two parts; the first has so few bits that its product with an exponent is exact.
const LN_2_HIGH: f32 = 0.693_359_375;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Adding it rounds a small number to an integer, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn splat(x: f32) -> F32x4 {
    F32x4::splat(x)
}

/// The lanes' constants, from memory. In wasm LLVM must not know them: an engine such as V8 makes a constant
/// vector anew, by three instructions, wherever it stands in a loop, and loads a number by one.
#[inline(always)]
pub(super) fn constants<const N: usize>(values: &[f32; N]) -> [F32x4; N] {
    let values = if cfg!(target_arch = "wasm32") { std::hint::black_box(values) } else { values };
    arrays::map(*values, splat)
}

/// `c[0] + c[1] x + c[2] x² + ...`, by Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(x: F32x4, c: [F32x4; N]) -> F32x4 {
    let mut value = c[N - 1];
    for &c in c[..N - 1].iter().rev() {
        value = value * x + c;
    }
    value
}

/// `e^x`: infinite above 88.72, zero below -87.34.
///
/// `x = n ln 2 + r` with `|r| <= ln 2 / 2`; `e^r` is its Taylor polynomial of degree 7, whose
/// truncation error there is 5e-9.
#[inline(always)]
#[must_use]
pub fn exp(x: F32x4) -> F32x4 {
    let [log2_e, round, high, low, most, least, infinity, one, tail @ ..] = constants(&[
        LOG2_E,
        ROUND,
        LN_2_HIGH,
        LN_2_LOW,
        88.722_84,
        -87.336_54,
        f32::INFINITY,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5040.0,
    ]);
    let shifted = x * log2_e + round;
    let n = shifted - round;
    let r = x - n * high - n * low;
    let value = one + (r + r * r * polynomial(r, tail));
    // 2^n: n stands in the lowest bits, from where it is added to the exponent. That of 2^128 has no
    // room, but the value is below 1 there.
    let scaled = (value.to_bits() + shifted.to_bits().shl::<23>()).as_f32();
    // NaN is not below anything.
    let result = x.lt(most).select(scaled, x + infinity);
    x.lt(least).select(F32x4::zero(), result)
}

/// `e^x - 1`, accurate near zero: there `2 t / (1 - t)` with `t = tanh(x / 2)` by its continued
/// fraction.
#[inline(always)]
#[must_use]
pub fn exp_m1(x: F32x4) -> F32x4 {
    let half = splat(0.5) * x;
    let (numerator, denominator) = tanh_fraction(half);
    let near = (numerator + numerator) / (denominator - numerator);
    x.abs().lt(splat(0.625)).select(near, exp(x) - splat(1.0))
}

/// The hyperbolic tangent of a number near zero as numerator and denominator of Lambert's continued
/// fraction, to its fifth convergent.
#[inline(always)]
fn tanh_fraction(x: F32x4) -> (F32x4, F32x4) {
    let [a, b, c, d, one] = constants(&[945.0, 105.0, 420.0, 15.0, 1.0]);
    let z = x * x;
    (x * polynomial(z, [a, b, one]), polynomial(z, [a, c, d]))
}

/// The natural logarithm: minus infinity at zero, NaN below.
///
/// `x = 2^n m` with m between sqrt(1/2) and sqrt(2); `ln m = 2 artanh(s)`, `s = (m - 1) / (m + 1)`,
/// by its Taylor polynomial in `s`.
#[inline(always)]
#[must_use]
pub fn ln(x: F32x4) -> F32x4 {
    let denormal = x.lt(splat(f32::MIN_POSITIVE));
    let scaled = denormal.select(x * splat(8_388_608.0), x);
    let bits = scaled.to_bits() - splat(FRAC_1_SQRT_2).to_bits();
    let exponent = bits.shr::<23>();
    let m = (scaled.to_bits() - exponent.shl::<23>()).as_f32();
    let n = exponent.to_f32() - denormal.keep(splat(23.0));
    let f = m - splat(1.0);
    let s = f / (splat(2.0) + f);
    let z = s * s;
    // With h = f²/2: ln(1 + f) = f - h + s (h + z (2/3 + 2/5 z + ...)), which rounds less than
    // 2 s (1 + z/3 + ...).
    let h = splat(0.5) * f * f;
    let series = z * polynomial(z, constants(&[2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0]));
    let value = n * splat(LN_2_HIGH) - ((h - (s * (h + series) + n * splat(LN_2_LOW))) - f);
    let value = x.eq(splat(f32::INFINITY)).select(x, value);
    let value = x.eq(F32x4::zero()).select(splat(f32::NEG_INFINITY), value);
    // Also false for NaN.
    F32x4::zero().le(x).select(value, splat(f32::NAN))
}

/// The hyperbolic tangent: near zero Lambert's continued fraction to its fifth convergent, else
/// `(e^2|x| - 1) / (e^2|x| + 1)`.
#[inline(always)]
#[must_use]
pub fn tanh(x: F32x4) -> F32x4 {
    let magnitude = x.abs();
    let [one, end, near] = constants(&[1.0, 20.0, 0.625]);
    // Beyond 10 the result is one.
    let e = exp(end.min(magnitude + magnitude));
    let (numerator, denominator) = tanh_fraction(magnitude);
    let small = magnitude.lt(near);
    let numerator = small.select(numerator, e - one);
    let denominator = small.select(denominator, e + one);
    let result = copy_sign(numerator / denominator, x);
    x.eq(x).select(result, x)
}

/// The logistic function `1 / (1 + e^-x)`.
#[inline(always)]
#[must_use]
pub fn sigmoid(x: F32x4) -> F32x4 {
    let [one] = constants(&[1.0]);
    one / (one + exp(-x))
}

/// `ln(1 + e^x)`, computed as `max(x, 0) + ln(1 + e^-|x|)`.
#[inline(always)]
#[must_use]
pub fn softplus(x: F32x4) -> F32x4 {
    let t = exp(-x.abs());
    // ln(1 + t), corrected for the rounding of 1 + t (Kahan).
    let u = splat(1.0) + t;
    let rounded = u - splat(1.0);
    let log = rounded.eq(F32x4::zero()).select(t, ln(u) * (t / rounded));
    let result = x.max(F32x4::zero()) + log;
    x.eq(x).select(result, x)
}

/// The error function: an odd polynomial below 0.9, else `1 - e^p(|x|)`, both fitted for the least
/// largest relative error (Lawson's iteration at Chebyshev nodes).
#[inline(always)]
#[must_use]
pub fn erf(x: F32x4) -> F32x4 {
    let magnitude = x.abs();
    let z = x * x;
    let near = magnitude
        + magnitude
            * polynomial(
                z,
                constants(&[
                    0.128_379_15,
                    -0.376_125_25,
                    0.112_821_41,
                    -0.026_778_908,
                    0.005_011_962,
                    -6.090_358e-4,
                ]),
            );
    // Beyond 4 the result is one.
    let t = splat(4.0).min(magnitude);
    let log_complement = polynomial(
        t,
        constants(&[
            -1.664_390_9e-4,
            -1.127_797_2,
            -0.636_976,
            -0.104_113_74,
            0.022_315_249,
            -0.003_065_499_7,
            1.982_207e-4,
        ]),
    );
    let far = splat(1.0) - exp(log_complement);
    let result = copy_sign(magnitude.lt(splat(0.9)).select(near, far), x);
    x.eq(x).select(result, x)
}

/// The magnitude of the first (not negative) with the sign of the second.
#[inline(always)]
fn copy_sign(magnitude: F32x4, sign: F32x4) -> F32x4 {
    (magnitude.to_bits() | (sign.to_bits() & I32x4::splat(i32::MIN))).as_f32()
}

/// Slice and scalar forms.
macro_rules! forms {
    ($($slice:ident, $scalar:ident = $function:ident;)*) => {$(
        #[doc = concat!("[`", stringify!($function), "`] of every element.")]
        #[inline(never)]
        pub fn $slice(x: &[f32], y: &mut [f32]) {
            map(x, y, $function);
        }

        #[doc = concat!("[`", stringify!($function), "`] of one number.")]
        #[must_use]
        pub fn $scalar(x: f32) -> f32 {
            $function(splat(x)).to_array()[0]
        }
    )*};
}

forms! {
    exp_slice, exp_scalar = exp;
    exp_m1_slice, exp_m1_scalar = exp_m1;
    ln_slice, ln_scalar = ln;
    tanh_slice, tanh_scalar = tanh;
    sigmoid_slice, sigmoid_scalar = sigmoid;
    erf_slice, erf_scalar = erf;
    softplus_slice, softplus_scalar = softplus;
}
