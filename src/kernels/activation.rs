//! Activations and their derivatives.

use super::elementwise::{map, map2};
use super::{Rectifier, softmax, vecmath};
use crate::simd::F32x4;

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `x`
    Linear,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)` (Krizhevsky, 2010).
    Relu6,
    /// `x` where positive, else `alpha x`
    LeakyRelu {
        /// The slope below zero.
        alpha: f32,
    },
    /// `x` where positive, else `alpha (e^x - 1)`
    Elu {
        /// Minus the limit at minus infinity.
        alpha: f32,
    },
    /// `x Φ(x)`, with Φ the normal distribution function (Hendrycks and Gimpel, 2016).
    Gelu {
        /// Use `0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))`.
        approximate: bool,
    },
    /// `1 / (1 + e^-x)`
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `ln(1 + e^x)`
    Softplus,
    /// `e^x / Σ e^x` over each row.
    Softmax,
    /// `λ x` where positive, else `λ α (e^x - 1)` (Klambauer et al.: Self-normalizing neural
    /// networks, 2017).
    Selu,
    /// `x / (1 + e^-x)` (Hendrycks and Gimpel, 2016; Ramachandran, Zoph and Le, 2017: swish).
    Silu,
    /// `x tanh(ln(1 + e^x))` (Misra, 2019).
    Mish,
    /// `min(max(x + 3, 0), 6) / 6` (Howard et al.: Searching for MobileNetV3, 2019).
    HardSigmoid,
    /// `x min(max(x + 3, 0), 6) / 6`, as there.
    HardSwish,
    /// `x / (1 + |x|)`
    Softsign,
    /// `e^x`
    Exponential,
    /// `x - ln Σ e^x` over each row.
    LogSoftmax,
}

/// 2 sqrt(2 / π)
const TWICE_SQRT_2_OVER_PI: f32 = 1.595_769_1;
/// The cubic coefficient of the approximate Gelu.
const GELU_CUBIC: f32 = 0.044_715;
/// Beyond minus this argument the derivative is that there, about 0.
const GELU_MOST: f32 = 40.0;
/// 1 / sqrt(2 π)
const INV_SQRT_2_PI: f32 = 0.398_942_28;

/// λ of Selu.
const SELU_SCALE: f32 = 1.050_701;
/// λ α of Selu, α = 1.673263.
const SELU_BELOW: f32 = 1.758_099_3;

#[inline(always)]
fn splat(x: f32) -> F32x4 {
    F32x4::splat(x)
}

impl Activation {
    /// `y` = the activation of `x`, both [rows, width].
    pub fn forward(self, rows: usize, width: usize, x: &[f32], y: &mut [f32]) {
        let (x, y) = (&x[..rows * width], &mut y[..rows * width]);
        let (zero, one, half) = (F32x4::zero(), splat(1.0), splat(0.5));
        match self {
            Self::Linear => y.copy_from_slice(x),
            Self::Relu => map(x, y, |x| Rectifier::Relu.apply(x)),
            Self::Relu6 => map(x, y, |x| Rectifier::Relu6.apply(x)),
            Self::LeakyRelu { alpha } => {
                let alpha = splat(alpha);
                map(x, y, |x| zero.lt(x).select(x, alpha * x));
            }
            Self::Elu { alpha } => {
                let alpha = splat(alpha);
                map(x, y, |x| zero.lt(x).select(x, alpha * vecmath::exp_m1(x)));
            }
            Self::Gelu { approximate: false } => {
                map(x, y, |x| {
                    half * x * (one + vecmath::erf(x * splat(std::f32::consts::FRAC_1_SQRT_2)))
                });
            }
            Self::Gelu { approximate: true } => {
                map(x, y, |x| x * vecmath::sigmoid(gelu_argument(x).0));
            }
            Self::Sigmoid => map(x, y, vecmath::sigmoid),
            Self::Tanh => map(x, y, vecmath::tanh),
            Self::Softplus => map(x, y, vecmath::softplus),
            Self::Softmax => softmax::softmax(width, x, y),
            Self::Selu => map(x, y, |x| {
                let below = splat(SELU_BELOW) * vecmath::exp_m1(x);
                zero.lt(x).select(splat(SELU_SCALE) * x, below)
            }),
            Self::Silu => map(x, y, |x| x * vecmath::sigmoid(x)),
            Self::Mish => map(x, y, |x| {
                let (_, w) = mish_parts(x);
                x * (w / (w + splat(2.0)))
            }),
            Self::HardSigmoid => map(x, y, hard_sigmoid),
            Self::HardSwish => map(x, y, |x| x * hard_sigmoid(x)),
            Self::Softsign => map(x, y, |x| x / (one + x.abs())),
            Self::Exponential => map(x, y, vecmath::exp),
            Self::LogSoftmax => softmax::log_softmax(width, x, y),
        }
    }

    /// Whether [`Activation::backward`] goes by the output and not by the input.
    #[must_use]
    pub fn gradient_reads_output(self) -> bool {
        match self {
            Self::Linear
            | Self::Relu
            | Self::Relu6
            | Self::Sigmoid
            | Self::Tanh
            | Self::Softmax
            | Self::HardSigmoid
            | Self::Exponential
            | Self::LogSoftmax => true,
            Self::LeakyRelu { .. }
            | Self::Elu { .. }
            | Self::Gelu { .. }
            | Self::Softplus
            | Self::Selu
            | Self::Silu
            | Self::Mish
            | Self::HardSwish
            | Self::Softsign => false,
        }
    }

    /// `dx` = the gradient of the input, from the output (if
    /// [`gradient_reads_output`](Self::gradient_reads_output), else from the input) `read` and the
    /// output's gradient `dy`, all [rows, width]. At the kink of a ReLU the derivative is that of
    /// the negative side.
    pub fn backward(self, rows: usize, width: usize, read: &[f32], dy: &[f32], dx: &mut [f32]) {
        let len = rows * width;
        let (read, dy, dx) = (&read[..len], &dy[..len], &mut dx[..len]);
        let (zero, one, half) = (F32x4::zero(), splat(1.0), splat(0.5));
        match self {
            Self::Linear => dx.copy_from_slice(dy),
            Self::Relu => map2(read, dy, dx, |y, dy| Rectifier::Relu.gradient(y, dy)),
            Self::Relu6 => map2(read, dy, dx, |y, dy| Rectifier::Relu6.gradient(y, dy)),
            Self::LeakyRelu { alpha } => {
                let alpha = splat(alpha);
                map2(read, dy, dx, |x, dy| zero.lt(x).select(dy, alpha * dy));
            }
            Self::Elu { alpha } => {
                let alpha = splat(alpha);
                map2(read, dy, dx, |x, dy| zero.lt(x).select(dy, alpha * vecmath::exp(x) * dy));
            }
            Self::Gelu { approximate: false } => map2(read, dy, dx, |x, dy| {
                let distribution =
                    half * (one + vecmath::erf(x * splat(std::f32::consts::FRAC_1_SQRT_2)));
                let density = splat(INV_SQRT_2_PI) * vecmath::exp(-(half * x * x));
                dy * (distribution + x * density)
            }),
            Self::Gelu { approximate: true } => map2(read, dy, dx, |x, dy| {
                let (v, slope) = gelu_argument(x);
                let [one, most] = vecmath::constants(&[1.0, GELU_MOST]);
                // 1 - s as e s, where nothing cancels.
                let e = vecmath::exp(most.min(-v));
                let s = one / (one + e);
                dy * (s + x * (e * s) * s * slope)
            }),
            Self::Sigmoid => map2(read, dy, dx, |y, dy| dy * y * (one - y)),
            Self::Tanh => map2(read, dy, dx, |y, dy| dy * (one - y * y)),
            Self::Softplus => map2(read, dy, dx, |x, dy| dy * vecmath::sigmoid(x)),
            Self::Softmax => softmax::softmax_backward(width, read, dy, dx),
            Self::Selu => map2(read, dy, dx, |x, dy| {
                let below = splat(SELU_BELOW) * vecmath::exp(x);
                dy * zero.lt(x).select(splat(SELU_SCALE), below)
            }),
            Self::Silu => map2(read, dy, dx, |x, dy| {
                let s = vecmath::sigmoid(x);
                dy * (s * (one + x * (one - s)))
            }),
            Self::Mish => map2(read, dy, dx, |x, dy| {
                let (e, w) = mish_parts(x);
                let d = w + splat(2.0);
                // Where `e` no longer grows, the second term is nothing beside the first.
                let x = splat(MISH_END).min(x);
                dy * (w / d + x * (splat(4.0) * e * (e + one) / (d * d)))
            }),
            Self::HardSigmoid => {
                map2(read, dy, dx, |y, dy| (zero.lt(y) & y.lt(one)).keep(dy * splat(1.0 / 6.0)))
            }
            Self::HardSwish => map2(read, dy, dx, |x, dy| {
                let slope = (splat(-3.0).lt(x) & x.lt(splat(3.0))).keep(x * splat(1.0 / 6.0));
                dy * (hard_sigmoid(x) + slope)
            }),
            Self::Softsign => map2(read, dy, dx, |x, dy| {
                let d = one + x.abs();
                dy / d / d
            }),
            Self::Exponential => map2(read, dy, dx, |y, dy| dy * y),
            Self::LogSoftmax => softmax::log_softmax_backward(width, read, dy, dx),
        }
    }
}

/// Above it mish is `x` in single precision.
const MISH_END: f32 = 20.0;

/// `e^x` (no further than [`MISH_END`]) and `w = (1 + e^x)² - 1`: `tanh(ln(1 + e^x)) = w / (w + 2)`,
/// where nothing cancels.
#[inline(always)]
fn mish_parts(x: F32x4) -> (F32x4, F32x4) {
    let e = vecmath::exp(splat(MISH_END).min(x));
    (e, e * (e + splat(2.0)))
}

#[inline(always)]
fn hard_sigmoid(x: F32x4) -> F32x4 {
    (x + splat(3.0)).max(F32x4::zero()).min(splat(6.0)) * splat(1.0 / 6.0)
}

/// `v` for which the approximate Gelu is `x` times the logistic function of `v`: `(1 + tanh(v / 2)) / 2` is
/// that function, and here nothing cancels. The derivative of `v` comes along.
#[inline(always)]
fn gelu_argument(x: F32x4) -> (F32x4, F32x4) {
    let [twice, one, cubic, square] =
        vecmath::constants(&[TWICE_SQRT_2_OVER_PI, 1.0, GELU_CUBIC, 3.0 * GELU_CUBIC]);
    let z = x * x;
    (twice * (x + cubic * z * x), twice * (one + square * z))
}
