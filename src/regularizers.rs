//! Penalties on weights, which become part of the loss.

use crate::json::Json;
use crate::kernels::elementwise::update;
use crate::kernels::reduce::{sum_of_abs, sum_of_squares};
use crate::simd::F32x4;
use crate::{Result, err};

/// A penalty on the weights `w` of a parameter, as Keras's `L1L2`: `l1 sum |w| + l2 sum w^2`. It is
/// added to the loss of a batch, and its gradient to theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Regularizer {
    /// What each weight costs, times its size; 0 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub l1: f64,
    /// What each weight costs, times its square; 0 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub l2: f64,
}

impl Regularizer {
    /// Refuses factors that are negative or not finite.
    ///
    /// # Errors
    /// `Argument`, with the factor and what is allowed.
    pub fn validate(&self) -> Result<()> {
        for (name, factor) in [("l1", self.l1), ("l2", self.l2)] {
            if !factor.is_finite() || factor < 0.0 {
                return Err(err!(
                    Argument,
                    "{name} is {factor}, expected a finite number of at least 0"
                ));
            }
        }
        Ok(())
    }

    /// What these weights cost.
    #[must_use]
    pub fn penalty(&self, weights: &[f32]) -> f64 {
        let of = |factor: f64, sum: fn(&[f32]) -> f64| {
            if factor > 0.0 { factor * sum(weights) } else { 0.0 }
        };
        of(self.l1, sum_of_abs) + of(self.l2, sum_of_squares)
    }

    /// Adds the gradient of the penalty: `l1 sign(w) + 2 l2 w`.
    pub fn add_gradient(&self, weights: &[f32], gradients: &mut [f32]) {
        let [l1, l2] = [self.l1, 2.0 * self.l2].map(|factor| F32x4::splat(factor as f32));
        let zero = F32x4::zero();
        update(gradients, weights, |g, w| {
            let sign = w.gt(zero).keep(l1) - w.lt(zero).keep(l1);
            g + (sign + l2 * w)
        });
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn penalties_and_their_gradients_are_those_of_the_definition() {
        for len in [0, 1, 5, 1033] {
            let weights: Vec<f32> = (0..len).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
            for (l1, l2) in [(0.0, 0.0), (0.25, 0.0), (0.0, 0.125), (0.25, 0.5)] {
                let regularizer = Regularizer { l1, l2 };
                regularizer.validate().unwrap();
                let each = |w: &f32| {
                    let w = f64::from(*w);
                    l1 * w.abs() + l2 * w * w
                };
                let expected: f64 = weights.iter().map(each).sum();
                let found = regularizer.penalty(&weights);
                assert!((found - expected).abs() <= 1e-6 * expected, "{found} {expected}");
                let mut gradients = vec![0.5; len];
                regularizer.add_gradient(&weights, &mut gradients);
                for (g, w) in gradients.iter().zip(&weights) {
                    let w = f64::from(*w);
                    let sign = if w == 0.0 { 0.0 } else { w.signum() };
                    let expected = 0.5 + l1 * sign + 2.0 * l2 * w;
                    assert!((f64::from(*g) - expected).abs() < 1e-6, "{g} {expected}");
                }
            }
        }
        assert!(Regularizer { l1: -1.0, l2: 0.0 }.validate().is_err());
        assert!(Regularizer { l1: 0.0, l2: f64::NAN }.validate().is_err());
    }
}
