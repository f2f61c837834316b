#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::kernels::vecmath::*;
use crate::simd::F32x4;

/// Numbers all over the range: every 4,099th bit pattern.
fn everywhere() -> impl Iterator<Item = f32> {
    (0..=u32::MAX).step_by(4_099).map(f32::from_bits).filter(|x| x.is_finite())
}

/// Evenly spaced numbers.
fn between(from: f32, to: f32) -> impl Iterator<Item = f32> {
    const STEPS: usize = 200_000;
    (0..=STEPS).map(move |i| from + (to - from) * (i as f32 / STEPS as f32))
}

/// The distance of `found` from `expected`, in units in the last place of `expected`.
fn ulps(found: f32, expected: f64) -> f64 {
    let nearest = expected as f32;
    if found == nearest || expected.abs() < f64::from(f32::MIN_POSITIVE) && found == 0.0 {
        return 0.0;
    }
    let magnitude = nearest.abs().max(f32::MIN_POSITIVE);
    let unit = f64::from(f32::from_bits(magnitude.to_bits() + 1)) - f64::from(magnitude);
    (f64::from(found) - expected).abs() / unit
}

/// Panics where a function errs by more than `limit` units in the last place.
fn check(name: &str, function: fn(f32) -> f32, exact: fn(f64) -> f64, limit: f64) {
    let mut worst = (0.0, 0.0);
    for x in everywhere().chain(between(-20.0, 20.0)).chain(between(-1.5, 1.5)) {
        let error = ulps(function(x), exact(f64::from(x)));
        assert!(!error.is_nan(), "{name}({x}) is {}", function(x));
        if error > worst.0 {
            worst = (error, x);
        }
    }
    assert!(
        worst.0 <= limit,
        "{name}({:e}) errs by {} ulp, expected at most {limit}",
        worst.1,
        worst.0
    );
}

fn exact_softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

fn exact_sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

#[test]
fn accuracy_against_double_precision() {
    check("exp", exp_scalar, libm::exp, 1.0);
    check("exp_m1", exp_m1_scalar, libm::expm1, 3.0);
    check("tanh", tanh_scalar, libm::tanh, 3.0);
    check("sigmoid", sigmoid_scalar, exact_sigmoid, 2.5);
    check("erf", erf_scalar, libm::erf, 1.5);
    check("softplus", softplus_scalar, exact_softplus, 3.0);
}

#[test]
fn accuracy_of_the_logarithm() {
    let mut worst = (0.0, 0.0);
    for x in everywhere().filter(|&x| x > 0.0).chain(between(0.3, 3.0)) {
        let error = ulps(ln_scalar(x), libm::log(f64::from(x)));
        if error > worst.0 {
            worst = (error, x);
        }
    }
    assert!(worst.0 <= 1.0, "ln({:e}) errs by {} ulp", worst.1, worst.0);
}

#[test]
fn extremes() {
    let (infinity, nan) = (f32::INFINITY, f32::NAN);
    for (x, y) in
        [(infinity, infinity), (89.0, infinity), (-infinity, 0.0), (-87.4, 0.0), (0.0, 1.0)]
    {
        assert_eq!(exp_scalar(x), y, "exp({x})");
    }
    assert!(exp_scalar(88.72).is_finite() && exp_scalar(-87.33) > 0.0);
    for (x, y) in [(infinity, infinity), (0.0, -infinity), (-0.0, -infinity), (1.0, 0.0)] {
        assert_eq!(ln_scalar(x), y, "ln({x})");
    }
    assert!(ln_scalar(-1.0).is_nan() && ln_scalar(-infinity).is_nan());
    for (x, y) in [(infinity, 1.0), (-infinity, -1.0), (0.0, 0.0), (1e30, 1.0), (-1e30, -1.0)] {
        assert_eq!(tanh_scalar(x), y, "tanh({x})");
        assert_eq!(erf_scalar(x), y, "erf({x})");
    }
    for (x, y) in [(infinity, 1.0), (-infinity, 0.0), (1e30, 1.0), (-1e30, 0.0), (0.0, 0.5)] {
        assert_eq!(sigmoid_scalar(x), y, "sigmoid({x})");
    }
    for (x, y) in [(infinity, infinity), (-infinity, 0.0), (1e30, 1e30), (-1e30, 0.0)] {
        assert_eq!(softplus_scalar(x), y, "softplus({x})");
    }
    assert_eq!(exp_m1_scalar(-infinity), -1.0);
    assert_eq!(exp_m1_scalar(infinity), infinity);
    assert_eq!((tanh_scalar(-0.0).to_bits(), erf_scalar(-0.0).to_bits()), (1 << 31, 1 << 31));
    for function in [
        exp_scalar,
        exp_m1_scalar,
        ln_scalar,
        tanh_scalar,
        sigmoid_scalar,
        erf_scalar,
        softplus_scalar,
    ] {
        assert!(function(nan).is_nan());
    }
}

/// The same bits wherever a number stands in a vector or slice.
#[test]
fn slices_lanes_and_scalars_agree() {
    let x: Vec<f32> = everywhere().step_by(997).chain(between(-3.0, 3.0).step_by(1_001)).collect();
    let x = &x[..x.len() / 4 * 4 + 3 - 4];
    let mut y = vec![0.0; x.len()];
    exp_slice(x, &mut y);
    for (x, y) in x.iter().zip(&y) {
        assert_eq!(exp_scalar(*x).to_bits(), y.to_bits(), "{x}");
    }
    tanh_slice(x, &mut y);
    for (x, y) in x.as_chunks::<4>().0.iter().zip(y.as_chunks::<4>().0) {
        assert_eq!(tanh(F32x4::load(x)).to_array(), *y);
    }
}

/// The bits of a sample of results, the same natively and on WebAssembly: a change of any
/// polynomial, or a fused multiplication, shows here.
#[test]
fn the_bits_are_the_same_on_every_target() {
    let fingerprint = |function: fn(f32) -> f32| {
        everywhere().step_by(101).chain(between(-10.0, 10.0).step_by(101)).fold(0_u32, |hash, x| {
            let y = function(x);
            let bits = if y.is_nan() { 0x7fc0_0000 } else { y.to_bits() };
            (hash ^ bits).wrapping_mul(0x0100_0193).rotate_left(5)
        })
    };
    let found = [
        exp_scalar,
        exp_m1_scalar,
        ln_scalar,
        tanh_scalar,
        sigmoid_scalar,
        erf_scalar,
        softplus_scalar,
    ]
    .map(fingerprint);
    assert_eq!(
        found,
        [2291415624, 3924869877, 1685664027, 1655044899, 3065928463, 2567348333, 1027371345]
    );
}
