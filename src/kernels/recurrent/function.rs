//! The functions of gates, whose derivatives follow from what they gave.

use crate::kernels::elementwise::update_in_place;
use crate::kernels::vecmath;
use crate::simd::F32x4;

/// A function of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateFunction {
    /// `x`
    Linear,
    /// `max(x, 0)`
    Relu,
    /// `1 / (1 + e^-x)`
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `min(max(x + 3, 0), 6) / 6`
    HardSigmoid,
}

impl GateFunction {
    /// Its values in place of its arguments.
    pub fn apply(self, x: &mut [f32]) {
        let (zero, six) = (F32x4::zero(), F32x4::splat(6.0));
        match self {
            Self::Linear => {}
            Self::Relu => update_in_place(x, |x| x.max(zero)),
            Self::Sigmoid => update_in_place(x, vecmath::sigmoid),
            Self::Tanh => update_in_place(x, vecmath::tanh),
            Self::HardSigmoid => update_in_place(x, |x| {
                (x + F32x4::splat(3.0)).max(zero).min(six) * F32x4::splat(1.0 / 6.0)
            }),
        }
    }

    /// Its derivative where it gave `y`.
    #[inline(always)]
    pub fn slope(self, y: F32x4) -> F32x4 {
        let (zero, one) = (F32x4::zero(), F32x4::splat(1.0));
        match self {
            Self::Linear => one,
            Self::Relu => zero.lt(y).keep(one),
            Self::Sigmoid => y * (one - y),
            Self::Tanh => one - y * y,
            Self::HardSigmoid => y.lt(one).keep(zero.lt(y).keep(F32x4::splat(1.0 / 6.0))),
        }
    }
}
