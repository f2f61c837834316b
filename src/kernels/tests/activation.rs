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
        (Softplus, softplus, sigmoid),
        (
            Selu,
            |x| SELU[0] * if x > 0.0 { x } else { SELU[1] * libm::expm1(x) },
            |x| SELU[0] * if x > 0.0 { 1.0 } else { SELU[1] * libm::exp(x) },
        ),
        (
            Silu,
            |x| x / (1.0 + libm::exp(-x)),
            |x| {
                let s = 1.0 / (1.0 + libm::exp(-x));
                s + x * s * (1.0 - s)
            },
        ),
        (
            Mish,
            |x| x * libm::tanh(softplus(x)),
            |x| {
                let t = libm::tanh(softplus(x));
                t + x * (1.0 - t * t) / (1.0 + libm::exp(-x))
            },
        ),
        (
            HardSigmoid,
            |x| (x + 3.0).clamp(0.0, 6.0) / 6.0,
            |x| if x.abs() < 3.0 { 1.0 / 6.0 } else { 0.0 },
        ),
        (
            HardSwish,
            |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            |x| (x + 3.0).clamp(0.0, 6.0) / 6.0 + if x.abs() < 3.0 { x / 6.0 } else { 0.0 },
        ),
        (Softsign, |x| x / (1.0 + x.abs()), |x| 1.0 / (1.0 + x.abs()).powi(2)),
        (Exponential, libm::exp, libm::exp),
    ]
}

/// The constants of Klambauer et al.
const SELU: [f64; 2] = [1.050_700_987_355_480_5, 1.673_263_242_354_377_3];

fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
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
    // `e^x` itself is not finite.
    for (activation, ..) in
        table().into_iter().filter(|(activation, ..)| *activation != Exponential)
    {
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

#[test]
fn log_softmax_is_the_logarithm_of_softmax_where_that_is_zero_too() {
    for x in
        [numbers(6, 3), vec![1e4, -1e4, 0.0, -1e4, -1e4, -1e4], vec![1e30, 0.0, 3.0, 2.0, 1.0, 0.0]]
    {
        let dy = numbers(6, 4);
        let (mut y, mut dx) = ([f32::NAN; 6], [f32::NAN; 6]);
        LogSoftmax.forward(2, 3, &x, &mut y);
        LogSoftmax.backward(2, 3, &y, &dy, &mut dx);
        let (mut expected, mut gradient) = (Vec::new(), Vec::new());
        for (row, dy) in x.chunks(3).zip(dy.chunks(3)) {
            let row: Vec<f64> = row.iter().map(|&x| f64::from(x)).collect();
            let max = row.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = row.iter().map(|x| libm::exp(x - max)).sum();
            let all: f64 = dy.iter().map(|&dy| f64::from(dy)).sum();
            for (x, &dy) in row.iter().zip(dy) {
                let y = x - max - libm::log(total);
                expected.push(y);
                gradient.push(f64::from(dy) - libm::exp(y) * all);
            }
        }
        assert_close(&y, &expected, 1e-6, "log-softmax");
        assert_close(&dx, &gradient, 1e-6, "log-softmax: gradient");
    }
}
