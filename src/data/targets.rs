//! What a network should answer.

use super::column::{beyond, check_finite, gather, volume};
use super::dataset::check_length;
use crate::losses::TargetKind;
use crate::memory::{allocate, copied, joined};
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
    /// The kind of targets, or `None` where there are none.
    pub fn kind(&self) -> Option<TargetKind> {
        match self {
            Self::None => None,
            Self::Classes(_) => Some(TargetKind::Classes),
            Self::Dense { .. } => Some(TargetKind::Dense),
        }
    }

    /// Writes the classes of the samples at these indices. Allocates nothing.
    ///
    /// # Errors
    /// `Data` if targets are not classes, `Argument` for an index that does not exist, `Shape` if
    /// `classes` has another length.
    pub fn classes_into(&self, indices: &[u32], classes: &mut [u32]) -> Result<()> {
        let Self::Classes(labels) = self else {
            return Err(err!(Data, "targets: found no classes, expected the class of each sample"));
        };
        check_length("targets", classes.len(), indices.len(), 1)?;
        for (&index, class) in indices.iter().zip(classes) {
            *class = *labels.get(index as usize).ok_or_else(|| beyond(index, labels.len()))?;
        }
        Ok(())
    }

    /// Writes the dense targets of the samples at these indices, `[indices.len(), ...shape]`.
    /// Allocates nothing.
    ///
    /// # Errors
    /// `Data` if targets are not dense, `Argument` for an index that does not exist, `Shape` if
    /// `values` has another length.
    pub fn values_into(&self, indices: &[u32], values: &mut [f32]) -> Result<()> {
        let Self::Dense { shape, values: all } = self else {
            return Err(err!(Data, "targets: found no numbers, expected numbers for each sample"));
        };
        let width = shape.iter().product();
        check_length("targets", values.len(), indices.len(), width)?;
        for (&index, row) in indices.iter().zip(values.chunks_exact_mut(width)) {
            let mut rows = all.chunks_exact(width);
            let row_of = rows.nth(index as usize);
            row.copy_from_slice(row_of.ok_or_else(|| beyond(index, all.len() / width))?);
        }
        Ok(())
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Classes(labels) => size_of_val(labels.as_slice()),
            Self::Dense { values, .. } => size_of_val(values.as_slice()),
        }
    }

    /// Targets of so many samples of the same kind and shape, all zero.
    pub(super) fn zeros(&self, samples: usize) -> Result<Self> {
        Ok(match self {
            Self::None => Self::None,
            Self::Classes(_) => Self::Classes(allocate("rows of classes", samples)?),
            Self::Dense { shape, .. } => {
                let len = samples.checked_mul(shape.iter().product());
                let len = len.ok_or_else(|| {
                    err!(TooLarge, "rows: {samples} samples have more values than memory")
                })?;
                Self::Dense { shape: shape.clone(), values: allocate("rows of numbers", len)? }
            }
        })
    }

    /// Whether they are of the same kind and shape.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) | (Self::Classes(_), Self::Classes(_)) => true,
            (Self::Dense { shape, .. }, Self::Dense { shape: theirs, .. }) => shape == theirs,
            _ => false,
        }
    }

    /// Copies those of the samples at these indices of others, which are alike, to the first places.
    pub(super) fn gather_from(&mut self, other: &Self, indices: &[u32]) {
        match (self, other) {
            (Self::Classes(to), Self::Classes(labels)) => copy_rows(to, labels, 1, indices),
            (Self::Dense { shape, values: to }, Self::Dense { values, .. }) => {
                copy_rows(to, values, shape.iter().product(), indices);
            }
            _ => {}
        }
    }

    /// Both, one behind the other; labels are the same numbers in both.
    pub(super) fn joined(&self, other: &Self) -> Result<Self> {
        match (self, other) {
            (Self::None, Self::None) => Ok(Self::None),
            (Self::Classes(labels), Self::Classes(more)) => {
                Ok(Self::Classes(joined("the labels of both", labels, more)?))
            }
            (Self::Dense { shape, values }, Self::Dense { shape: found, values: more })
                if shape == found =>
            {
                let values = joined("the targets of both", values, more)?;
                Ok(Self::Dense { shape: shape.clone(), values })
            }
            _ => Err(err!(
                Data,
                "joining: the targets are of another kind or shape than the dataset's"
            )),
        }
    }

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

/// Copies the rows at these indices, which exist, to the first rows.
pub(super) fn copy_rows<T: Copy>(to: &mut [T], from: &[T], width: usize, indices: &[u32]) {
    for (to, &index) in to.chunks_exact_mut(width).zip(indices) {
        let first = index as usize * width;
        to.copy_from_slice(&from[first..first + width]);
    }
}
