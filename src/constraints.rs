//! Limits that weights keep to after every update.

use std::ops::Range;

use crate::json::Json;
use crate::memory::allocate;
use crate::{Result, err};

/// Added to the norm that weights are divided by.
const EPSILON: f64 = 1e-7;

/// The most dimensions of a parameter.
const MAX_AXES: usize = 8;

/// A limit on the norms of a parameter's weights, as Keras's `MaxNorm`: where the root of the sum of
/// the squares over `axis` is above `maxNorm`, these weights are scaled down to it.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Constraint {
    /// The largest norm.
    pub max_norm: f64,
    /// The axes over which norms are taken. If not given, all but the last, so that there is one norm
    /// for each output, and of a vector its only one: Keras's default for dense layers, and what it
    /// recommends for convolutions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub axis: Option<Vec<usize>>,
}

impl Constraint {
    /// Refuses a limit that is none, and axes that a parameter of this shape does not have.
    ///
    /// # Errors
    /// `Argument`, with what was found and what is allowed.
    pub fn validate(&self, shape: &[usize]) -> Result<()> {
        if !self.max_norm.is_finite() || self.max_norm < 0.0 {
            return Err(err!(
                Argument,
                "maxNorm is {}, expected a finite number of at least 0",
                self.max_norm
            ));
        }
        let axes = self.axis.as_deref().unwrap_or_default();
        let is_wrong =
            |(at, axis): (usize, &usize)| *axis >= shape.len() || axes[..at].contains(axis);
        if axes.iter().enumerate().any(is_wrong) || shape.len() > MAX_AXES {
            return Err(err!(
                Argument,
                "axis is {axes:?}, expected different ones below {}, the dimensions of {shape:?}",
                shape.len().min(MAX_AXES)
            ));
        }
        Ok(())
    }
}

/// What keeps a parameter to its constraint.
#[derive(Clone, Debug)]
pub struct Limiter {
    range: Range<usize>,
    limit: f64,
    sizes: Vec<usize>,
    /// How far the number of the norm moves along each axis.
    strides: Vec<usize>,
    /// A sum of squares for each norm, then a factor.
    norms: Vec<f64>,
}

impl Limiter {
    /// For the parameter of this shape that lies there.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for the norms.
    pub fn new(constraint: &Constraint, shape: &[usize], range: Range<usize>) -> Result<Self> {
        let is_summed = |axis: usize| match &constraint.axis {
            Some(axes) => axes.contains(&axis),
            None => axis + 1 < shape.len() || shape.len() < 2,
        };
        let mut strides = vec![0; shape.len()];
        let mut count = 1;
        for axis in (0..shape.len()).rev().filter(|axis| !is_summed(*axis)) {
            strides[axis] = count;
            count *= shape[axis];
        }
        let (limit, sizes) = (constraint.max_norm, shape.to_vec());
        let norms = allocate("norms of weights", count)?;
        Ok(Self { range, limit, sizes, strides, norms })
    }

    /// Scales down what is too large, of all weights of the model.
    pub fn apply(&mut self, weights: &mut [f32]) {
        let weights = &mut weights[self.range.clone()];
        self.norms.fill(0.0);
        self.each(weights, |sum, w| *sum += f64::from(*w) * f64::from(*w));
        for value in &mut self.norms {
            let norm = value.sqrt();
            *value = if norm > self.limit { self.limit / (norm + EPSILON) } else { 1.0 };
        }
        if self.norms.iter().any(|factor| *factor < 1.0) {
            self.each(weights, |factor, w| *w = (f64::from(*w) * *factor) as f32);
        }
    }

    /// Calls `f` for each weight with the number of its norm.
    fn each(&mut self, weights: &mut [f32], f: impl Fn(&mut f64, &mut f32)) {
        let Self { sizes, strides, norms, .. } = self;
        let (Some((&last, outer)), Some(&stride)) = (sizes.split_last(), strides.last()) else {
            return;
        };
        let (mut at, mut first) = ([0; MAX_AXES], 0);
        for row in weights.chunks_exact_mut(last) {
            for (number, w) in row.iter_mut().enumerate() {
                f(&mut norms[first + number * stride], w);
            }
            // The next row, the last axis first.
            for axis in (0..outer.len()).rev() {
                at[axis] += 1;
                first += strides[axis];
                if at[axis] < outer[axis] {
                    break;
                }
                at[axis] = 0;
                first -= strides[axis] * outer[axis];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    /// The number of the norm of each weight, from its place: the axes that are not summed.
    fn groups(shape: &[usize], summed: &[usize]) -> Vec<Vec<usize>> {
        (0..shape.iter().product())
            .map(|mut index: usize| {
                let mut place = vec![0; shape.len()];
                for axis in (0..shape.len()).rev() {
                    place[axis] = index % shape[axis];
                    index /= shape[axis];
                }
                let kept = (0..shape.len()).filter(|axis| !summed.contains(axis));
                kept.map(|axis| place[axis]).collect()
            })
            .collect()
    }

    #[test]
    fn norms_are_brought_below_the_limit() {
        /// A shape, the axes of the constraint, and those over which it sums.
        type Case = (&'static [usize], Option<Vec<usize>>, &'static [usize]);
        let cases: [Case; 8] = [
            (&[5], None, &[0]),
            (&[4, 3], None, &[0]),
            (&[3, 2, 5, 4], None, &[0, 1, 2]),
            (&[4, 3], Some(vec![1]), &[1]),
            (&[4, 3], Some(vec![]), &[]),
            (&[4, 3], Some(vec![1, 0]), &[0, 1]),
            (&[3, 2, 5, 4], Some(vec![0, 1]), &[0, 1]),
            (&[3, 2, 5, 4], Some(vec![1, 3]), &[1, 3]),
        ];
        for (shape, axis, summed) in cases {
            let len: usize = shape.iter().product();
            let before: Vec<f32> = (0..len + 2).map(|i| (i * 37 % 23) as f32 / 8.0 - 1.0).collect();
            let groups = groups(shape, summed);
            let norm = |of: &[usize]| {
                let own = (0..len).filter(|i| groups[*i] == of);
                own.map(|i| f64::from(before[1 + i]).powi(2)).sum::<f64>().sqrt()
            };
            // Above some norms and below others, where there are several.
            let limit = groups.iter().map(|group| norm(group)).sum::<f64>() / len as f64 * 0.99;
            let constraint = Constraint { max_norm: limit, axis };
            constraint.validate(shape).unwrap();
            let mut weights = before.clone();
            Limiter::new(&constraint, shape, 1..len + 1).unwrap().apply(&mut weights);
            assert_eq!((weights[0], weights[len + 1]), (before[0], before[len + 1]));
            for (i, group) in groups.iter().enumerate() {
                let scale = (limit / norm(group)).min(1.0);
                let expected = f64::from(before[1 + i]) * scale;
                let found = f64::from(weights[1 + i]);
                assert!((found - expected).abs() < 1e-6, "{shape:?} {i}: {found} {expected}");
            }
            assert_ne!(weights, before);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |max_norm, axis| Constraint { max_norm, axis }.validate(&[2, 3]).is_err();
        assert!(refused(-1.0, None) && refused(f64::NAN, None));
        assert!(refused(1.0, Some(vec![2])) && refused(1.0, Some(vec![1, 1])));
        assert!(!refused(0.0, Some(vec![1, 0])));
    }
}
