//! The activations that a product does in the same pass, before it writes.

use super::activation::Activation;
use super::elementwise::{update, update_in_place};
use crate::simd::F32x4;

/// Evaluates an expression once for each rectifier, so that loops in it need not ask which it is.
macro_rules! specialised {
    ($rectifier:expr, |$name:ident| $body:expr) => {
        match $rectifier {
            Rectifier::Linear => {
                let $name = Rectifier::Linear;
                $body
            }
            Rectifier::Relu => {
                let $name = Rectifier::Relu;
                $body
            }
            Rectifier::Relu6 => {
                let $name = Rectifier::Relu6;
                $body
            }
        }
    };
}

pub(super) use specialised;

/// An activation that comparisons alone compute, and whose gradient the output decides. Two in
/// a row are the greater of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rectifier {
    /// None: `x`
    #[default]
    Linear,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
}

impl Rectifier {
    /// The one that computes this function, if one does.
    #[must_use]
    pub fn of(function: Activation) -> Option<Self> {
        match function {
            Activation::Linear => Some(Self::Linear),
            Activation::Relu => Some(Self::Relu),
            Activation::Relu6 => Some(Self::Relu6),
            _ => None,
        }
    }

    /// Its name; empty for none.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "",
            Self::Relu => "relu",
            Self::Relu6 => "relu6",
        }
    }

    /// Its value.
    #[inline(always)]
    #[must_use]
    pub fn apply(self, x: F32x4) -> F32x4 {
        match self {
            Self::Linear => x,
            Self::Relu => x.max(F32x4::zero()),
            Self::Relu6 => x.max(F32x4::zero()).min(F32x4::splat(6.0)),
        }
    }

    /// Applies it to every element.
    pub fn apply_to(self, y: &mut [f32]) {
        if self != Self::Linear {
            update_in_place(y, |y| self.apply(y));
        }
    }

    /// The gradient of its input from that of its output `y`. At a kink it is zero.
    #[inline(always)]
    #[must_use]
    pub fn gradient(self, y: F32x4, dy: F32x4) -> F32x4 {
        match self {
            Self::Linear => dy,
            Self::Relu => F32x4::zero().lt(y).keep(dy),
            Self::Relu6 => (F32x4::zero().lt(y) & y.lt(F32x4::splat(6.0))).keep(dy),
        }
    }

    /// Turns the gradient of its output `y` into that of its input, in place.
    pub fn backward(self, y: &[f32], dy: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu => update(dy, y, |dy, y| Self::Relu.gradient(y, dy)),
            Self::Relu6 => update(dy, y, |dy, y| Self::Relu6.gradient(y, dy)),
        }
    }
}
