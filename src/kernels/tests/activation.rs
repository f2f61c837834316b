#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{assert_close, numbers};
use crate::kernels::activation::Activation::{self, *};

const SQRT_2: f64 = std::f64::consts::SQRT_2;

/// An activation, its value and its derivative in double precision.
type Case = (Activation, Scalar, Scalar);
type Scalar = fn(f64) -> f64;

fn table() -> Vec<Case> {
    let sigmoid: Scalar = |x| 1.0 / (1.0 + libm::exp(-x));
    vec![
        (Linear, |x| x, |_| 1.0),
        (Relu, |x| x.max(0.0), |x| f64::from(u8::from(x > 0.0))),
        (Relu6, |x| x.clamp(0.0, 6.0), |x| f64::from(u8::from(x > 0.0 && x < 6.0))),
        (LeakyRelu { alpha: 0.25 }, |x| x.max(0.25 * x), |x| if x > 0.0 { 1.0 } else { 0.25 }),
        (
            Elu { alpha: 1.5 },
            |x| if x > 0.0 { x } else { 1.5 * libm::expm1(x) },
            |x| if x > 0.0 { 1.0 } else { 1.5 * libm::exp(x) },
        ),
        (
            Gelu { approximate: false },
            |x| 0.5 * x * (1.0 + libm::erf(x / SQRT_2)),
            |x| {
                let density = libm::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt();
                0.5 * (1.0 + libm::erf(x / SQRT_2)) + x * density
            },
        ),
        (
            Gelu { approximate: true },
            |x| 0.5 * x * (1.0 + gelu_tanh(x)),
            |x| {
                let t = gelu_tanh(x);
                let slope = (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 3.0 * 0.044_715 * x * x);
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * slope
            },
        ),
        (Sigmoid, sigmoid, |x| {
            let y = 1.0 / (1.0 + libm::exp(-x));
            y * (1.0 - y)
        }),
        (Tanh, libm::tanh, |x| 1.0 - libm::tanh(x).powi(2)),
        (Softplus, |x| x.max(0.0) + libm::log1p(libm::exp(-x.abs())), sigmoid),
    ]
}

fn gelu_tanh(x: f64) -> f64 {
    libm::tanh((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x))
}

#[test]
fn values_and_derivatives() {
    for (activation, value, derivative) in table() {
        for (rows, width) in [(1, 1), (3, 5), (40, 4)] {
            let len = rows * width;
            let x: Vec<f32> = numbers(len, 1).iter().map(|x| x * 9.0).chain([0.0; 2]).collect();
            let dy = numbers(len, 2);
            let (mut y, mut dx) = (vec![f32::NAN; len], vec![f32::NAN; len]);
            // Longer buffers than needed are allowed: a plan's hold the largest batch.
            activation.forward(rows, width, &x, &mut y);
            let read = if activation.gradient_reads_output() { &y } else { &x };
            activation.backward(rows, width, read, &dy, &mut dx);
            let expected_y: Vec<f64> = x[..len].iter().map(|&x| value(f64::from(x))).collect();
            let expected_dx: Vec<f64> = x[..len]
                .iter()
                .zip(&dy)
                .map(|(&x, &dy)| f64::from(dy) * derivative(f64::from(x)))
                .collect();
            assert_close(&y, &expected_y, 1e-6, &format!("{activation:?}"));
            assert_close(&dx, &expected_dx, 1e-6, &format!("{activation:?}: gradient"));
        }
    }
}

#[test]
fn extremes_stay_finite() {
    let x = [-1e4, -100.0, -1e-30, 0.0, 1e-30, 100.0, 1e4];
    for (activation, ..) in table() {
        let (mut y, mut dx) = ([0.0; 7], [0.0; 7]);
        activation.forward(1, 7, &x, &mut y);
        let read = if activation.gradient_reads_output() { &y } else { &x };
        activation.backward(1, 7, read, &[1.0; 7], &mut dx);
        assert!(y.iter().chain(&dx).all(|x| x.is_finite()), "{activation:?}: {y:?}, {dx:?}");
    }
}

#[test]
fn softmax_normalises_each_row() {
    let x = numbers(6, 3);
    let mut y = [f32::NAN; 6];
    Softmax.forward(2, 3, &x, &mut y);
    for row in y.chunks(3) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
    let mut dx = [f32::NAN; 6];
    Softmax.backward(2, 3, &y, &[1.0; 6], &mut dx);
    assert!(
        dx.iter().all(|dx| dx.abs() < 1e-6),
        "a constant gradient moves no probability: {dx:?}"
    );
}
