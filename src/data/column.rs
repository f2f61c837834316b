//! One input of every sample, as it was given: bytes or numbers.

use std::sync::Arc;

use crate::kernels::elementwise::is_finite;
use crate::memory::{joined, reserve};
use crate::{Result, err};

/// The values of a column, sample after sample, each in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Bytes, as pixels have them.
    U8(Vec<u8>),
    /// Numbers.
    F32(Vec<f32>),
}

impl Values {
    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::F32(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::U8(_) => "bytes (u8)",
            Self::F32(_) => "numbers (f32)",
        }
    }

    /// Memory that the values take.
    pub fn bytes(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::F32(values) => size_of_val(values.as_slice()),
        }
    }
}

/// The values of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sample<'a> {
    /// Bytes, as pixels have them.
    U8(&'a [u8]),
    /// Numbers.
    F32(&'a [f32]),
}

/// One input of every sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    shape: Vec<usize>,
    /// Values of one sample.
    width: usize,
    /// Shared by copies until one of them is changed.
    values: Arc<Values>,
}

impl Column {
    /// Values of samples of this shape (without the batch dimension).
    ///
    /// # Errors
    /// `Shape` for sizes of zero and values that are not a whole number of samples, `Data` for a
    /// value that is not finite (with its sample and its place in it), `TooLarge` for a shape whose
    /// product cannot be counted and for more than 2^32 - 1 samples.
    pub fn new(shape: Vec<usize>, values: Values) -> Result<Self> {
        let width = volume(&shape)?;
        if !values.len().is_multiple_of(width) {
            return Err(err!(
                Shape,
                "inputs: found {} values, expected a multiple of {width} (samples of shape {shape:?})",
                values.len()
            ));
        }
        if u32::try_from(values.len() / width).is_err() {
            return Err(err!(
                TooLarge,
                "inputs: found {} samples, expected at most {}",
                values.len() / width,
                u32::MAX
            ));
        }
        if let Values::F32(values) = &values {
            check_finite("inputs", values, width)?;
        }
        Ok(Self { shape, width, values: Arc::new(values) })
    }

    /// Shape of a sample, without the batch dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Values of one sample.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All values.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of one sample, or `None` beyond the last.
    pub fn sample(&self, index: usize) -> Option<Sample<'_>> {
        let begin = index.checked_mul(self.width)?;
        let range = begin..begin.checked_add(self.width)?;
        match &*self.values {
            Values::U8(values) => values.get(range).map(Sample::U8),
            Values::F32(values) => values.get(range).map(Sample::F32),
        }
    }

    /// All values, to be overwritten by others that are finite.
    pub(super) fn values_mut(&mut self) -> &mut Values {
        Arc::make_mut(&mut self.values)
    }

    /// The samples at these indices, which must exist, in this order.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub(super) fn select(&self, indices: &[u32]) -> Result<Self> {
        let values = match &*self.values {
            Values::U8(values) => Values::U8(gather(values, self.width, indices)?),
            Values::F32(values) => Values::F32(gather(values, self.width, indices)?),
        };
        Ok(Self { shape: self.shape.clone(), width: self.width, values: Arc::new(values) })
    }

    /// These samples and those of another column.
    ///
    /// # Errors
    /// `Shape` if its samples are of another shape, `Data` for numbers and bytes, `TooLarge` where
    /// there is no memory for all of them.
    pub(super) fn joined(&self, other: &Self) -> Result<Self> {
        if self.shape != other.shape {
            return Err(err!(
                Shape,
                "joining: found samples of shape {:?}, expected {:?}",
                other.shape,
                self.shape
            ));
        }
        let values = match (&*self.values, &*other.values) {
            (Values::U8(values), Values::U8(more)) => {
                Values::U8(joined("the samples of both", values, more)?)
            }
            (Values::F32(values), Values::F32(more)) => {
                Values::F32(joined("the samples of both", values, more)?)
            }
            (values, more) => {
                let (found, expected) = (more.kind(), values.kind());
                return Err(err!(Data, "joining: found {found}, expected {expected}"));
            }
        };
        Ok(Self { shape: self.shape.clone(), width: self.width, values: Arc::new(values) })
    }
}

/// Rows of `width` values at these indices.
///
/// # Errors
/// `TooLarge` where there is no memory for them.
pub(super) fn gather<T: Copy>(values: &[T], width: usize, indices: &[u32]) -> Result<Vec<T>> {
    let mut rows = reserve("the chosen samples", indices.len().saturating_mul(width))?;
    for &index in indices {
        let begin = index as usize * width;
        rows.extend_from_slice(&values[begin..begin + width]);
    }
    Ok(rows)
}

/// The number of values in this shape; none of its sizes may be zero.
pub(super) fn volume(shape: &[usize]) -> Result<usize> {
    if shape.contains(&0) {
        return Err(err!(Shape, "samples of shape {shape:?}: expected sizes of at least 1"));
    }
    shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .ok_or_else(|| err!(TooLarge, "samples of shape {shape:?} have more values than memory"))
}

/// Refuses NaN and infinities, naming the first.
pub(super) fn check_finite(what: &str, values: &[f32], width: usize) -> Result<()> {
    if is_finite(values) {
        return Ok(());
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(err!(
            Data,
            "{what}: value {} of sample {} is {}, expected a finite number",
            at % width,
            at / width,
            values[at]
        )),
        None => Ok(()),
    }
}
