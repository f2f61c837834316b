//! What a network should answer.

use super::column::{check_finite, gather, volume};
use crate::memory::copied;
use crate::{Result, err};

/// What a network should answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Nothing is said.
    None,
    /// The class of each sample.
    Classes(Vec<u32>),
    /// Numbers of this shape for each sample.
    Dense {
        /// Without the batch dimension.
        shape: Vec<usize>,
        /// Sample after sample, each in row-major order.
        values: Vec<f32>,
    },
}

impl Targets {
    /// Refuses targets that do not belong to `samples` samples, or are not finite.
    pub(super) fn check(&self, samples: usize) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Classes(labels) if labels.len() != samples => {
                Err(err!(Shape, "targets: found {} labels, expected {samples}", labels.len()))
            }
            Self::Classes(_) => Ok(()),
            Self::Dense { shape, values } => {
                let width = volume(shape)?;
                let expected = samples.checked_mul(width);
                if expected != Some(values.len()) {
                    return Err(err!(
                        Shape,
                        "targets: found {} values, expected {samples} samples of shape {shape:?}",
                        values.len()
                    ));
                }
                check_finite("targets", values, width)
            }
        }
    }

    /// The targets of the samples at these indices, which must exist.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub(super) fn select(&self, indices: &[u32]) -> Result<Self> {
        Ok(match self {
            Self::None => Self::None,
            Self::Classes(labels) => Self::Classes(gather(labels, 1, indices)?),
            Self::Dense { shape, values } => {
                let width = shape.iter().product();
                Self::Dense { shape: shape.clone(), values: gather(values, width, indices)? }
            }
        })
    }

    /// The same targets again.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub(super) fn try_clone(&self) -> Result<Self> {
        Ok(match self {
            Self::None => Self::None,
            Self::Classes(labels) => Self::Classes(copied("the labels", labels)?),
            Self::Dense { shape, values } => {
                Self::Dense { shape: shape.clone(), values: copied("the targets", values)? }
            }
        })
    }
}
