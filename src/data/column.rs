//! One input of every sample, as it was given: bytes or numbers.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::stored::{InMemory, Store, Stored};
use crate::kernels::elementwise::is_finite;
use crate::memory::{allocate, joined, reserve};
use crate::{Result, err};

/// The values of a column, sample after sample, each in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Bytes, as pixels have them.
    U8(Vec<u8>),
    /// Numbers.
    F32(Vec<f32>),
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Bytes, as pixels have them.
    U8,
    /// Numbers.
    F32,
}

impl Kind {
    /// Bytes of one value.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F32 => size_of::<f32>(),
        }
    }

    /// So many values, all zero.
    pub(crate) fn zeros(self, what: &str, len: usize) -> Result<Values> {
        Ok(match self {
            Self::U8 => Values::U8(allocate(what, len)?),
            Self::F32 => Values::F32(allocate(what, len)?),
        })
    }
}

/// As messages name it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::U8 => "bytes (u8)",
            Self::F32 => "numbers (f32)",
        })
    }
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

    /// What they are.
    pub fn kind(&self) -> Kind {
        match self {
            Self::U8(_) => Kind::U8,
            Self::F32(_) => Kind::F32,
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
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    /// Shared by copies until one of them is changed.
    Memory(Arc<Values>),
    Stored(Stored),
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
        check_count(values.len() / width)?;
        if let Values::F32(values) = &values {
            check_finite("inputs", values, width)?;
        }
        Ok(Self { shape, width, content: Content::Memory(Arc::new(values)) })
    }

    /// Samples that stay where they are, and are read when they are needed. Numbers among them must
    /// be finite, which whoever wrote them has checked.
    ///
    /// # Errors
    /// `Shape` for sizes of zero, `TooLarge` for a shape whose product cannot be counted and for more
    /// than 2^32 - 1 samples.
    pub fn stored(shape: Vec<usize>, kind: Kind, store: Arc<dyn Store>) -> Result<Self> {
        let width = volume(&shape)?;
        check_count(store.samples())?;
        if width.checked_mul(kind.bytes()).is_none_or(|bytes| isize::try_from(bytes).is_err()) {
            return Err(err!(TooLarge, "samples of shape {shape:?} have more bytes than memory"));
        }
        Ok(Self { shape, width, content: Content::Stored(Stored::new(kind, width, store)) })
    }

    /// Shape of a sample, without the batch dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Values of one sample.
    pub fn width(&self) -> usize {
        self.width
    }

    /// What the values are.
    pub fn kind(&self) -> Kind {
        match &self.content {
            Content::Memory(values) => values.kind(),
            Content::Stored(stored) => stored.kind(),
        }
    }

    /// All values, if they are in memory.
    pub fn values(&self) -> Option<&Values> {
        match &self.content {
            Content::Memory(values) => Some(values),
            Content::Stored(_) => None,
        }
    }

    /// Where stored samples are in their store; `None` if they are all of it, in its order.
    ///
    /// # Errors
    /// `Data` for samples in memory and for those of several stores.
    pub fn places(&self) -> Result<Option<Vec<u32>>> {
        match &self.content {
            Content::Memory(_) => Err(err!(Data, "places: the samples are in memory")),
            Content::Stored(stored) => stored.places(),
        }
    }

    /// Bytes that the values take, in memory or where they are stored.
    pub fn bytes(&self) -> u64 {
        self.len() as u64 * (self.width * self.kind().bytes()) as u64
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Memory(values) => values.len() / self.width,
            Content::Stored(stored) => stored.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `visit` with each of the samples at these indices and its position among them, in
    /// whatever order is fastest. Allocates nothing for samples in memory, nor for stored ones once
    /// it was called for as many.
    ///
    /// # Errors
    /// `Argument` for an index that does not exist, and what the place of stored samples answers;
    /// some samples may have been visited by then.
    pub fn visit(&self, indices: &[u32], mut visit: impl FnMut(usize, Sample<'_>)) -> Result<()> {
        let values = match &self.content {
            Content::Memory(values) => values,
            Content::Stored(stored) => return stored.visit(indices, visit),
        };
        for (position, &index) in indices.iter().enumerate() {
            let sample = sample(values, self.width, index as usize);
            visit(position, sample.ok_or_else(|| beyond(index, self.len()))?);
        }
        Ok(())
    }

    /// The values of the samples at these indices.
    ///
    /// # Errors
    /// As [`visit`](Self::visit), and `TooLarge` where there is no memory for them.
    pub fn gather(&self, indices: &[u32]) -> Result<Values> {
        let len = indices.len().saturating_mul(self.width);
        let mut all = self.kind().zeros("the chosen samples", len)?;
        self.gather_into(indices, &mut all)?;
        Ok(all)
    }

    /// Writes the samples at these indices to the first places of `rows`, which are of its kind and
    /// have room for them.
    pub(super) fn gather_into(&self, indices: &[u32], rows: &mut Values) -> Result<()> {
        let width = self.width;
        self.visit(indices, |position, sample| {
            let range = position * width..(position + 1) * width;
            match (&mut *rows, sample) {
                (Values::U8(rows), Sample::U8(sample)) => rows[range].copy_from_slice(sample),
                (Values::F32(rows), Sample::F32(sample)) => rows[range].copy_from_slice(sample),
                _ => {}
            }
        })
    }

    /// All values, to be overwritten by others that are finite; stored ones are not.
    pub(super) fn values_mut(&mut self) -> Option<&mut Values> {
        match &mut self.content {
            Content::Memory(values) => Some(Arc::make_mut(values)),
            Content::Stored(_) => None,
        }
    }

    /// The samples at these indices, which must exist, in this order. Stored ones are not read.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub(super) fn select(&self, indices: &[u32]) -> Result<Self> {
        let content = match &self.content {
            Content::Memory(_) => Content::Memory(Arc::new(self.gather(indices)?)),
            Content::Stored(stored) => Content::Stored(stored.select(indices)?),
        };
        Ok(Self { shape: self.shape.clone(), width: self.width, content })
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
        let content = match (&self.content, &other.content) {
            (Content::Memory(values), Content::Memory(more)) => {
                Content::Memory(Arc::new(match (&**values, &**more) {
                    (Values::U8(values), Values::U8(more)) => {
                        Values::U8(joined("the samples of both", values, more)?)
                    }
                    (Values::F32(values), Values::F32(more)) => {
                        Values::F32(joined("the samples of both", values, more)?)
                    }
                    (values, more) => return Err(unlike(values.kind(), more.kind())),
                }))
            }
            // Where some are stored, all count as stored.
            _ if self.kind() == other.kind() => {
                let mut all = self.as_stored();
                all.append(&other.as_stored())?;
                Content::Stored(all)
            }
            _ => return Err(unlike(self.kind(), other.kind())),
        };
        Ok(Self { shape: self.shape.clone(), width: self.width, content })
    }

    fn as_stored(&self) -> Stored {
        match &self.content {
            Content::Stored(stored) => stored.clone(),
            Content::Memory(values) => {
                let store = InMemory { values: Arc::clone(values), width: self.width };
                Stored::new(values.kind(), self.width, Arc::new(store))
            }
        }
    }
}

fn unlike(expected: Kind, found: Kind) -> crate::Error {
    err!(Data, "joining: found {found}, expected {expected}")
}

/// The values of one sample, or `None` beyond the last.
fn sample(values: &Values, width: usize, index: usize) -> Option<Sample<'_>> {
    let begin = index.checked_mul(width)?;
    let range = begin..begin.checked_add(width)?;
    match values {
        Values::U8(values) => values.get(range).map(Sample::U8),
        Values::F32(values) => values.get(range).map(Sample::F32),
    }
}

fn check_count(samples: usize) -> Result<()> {
    if u32::try_from(samples).is_err() {
        return Err(err!(
            TooLarge,
            "inputs: found {samples} samples, expected at most {}",
            u32::MAX
        ));
    }
    Ok(())
}

/// The error for an index that does not exist.
pub(super) fn beyond(index: u32, samples: usize) -> crate::Error {
    err!(Argument, "sample {index}: the dataset has {samples} samples")
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
