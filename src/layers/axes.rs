//! Axes by their numbers, as Keras counts them: the batch is axis 0, negative numbers count from the
//! end.

use serde::de::Error as _;
use serde_json::{Error, Value};

use crate::json::Json;
use crate::kernels::permute::Permutation;
use crate::memory::Room;
use crate::{Result, err};

/// One axis or several; a number or a list in a specification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axes(pub Vec<i32>);

impl Axes {
    /// The last axis.
    pub(super) fn last() -> Self {
        Self(vec![-1])
    }

    /// Their places in shapes without the batch, in order.
    ///
    /// # Errors
    /// `Argument` for an axis that is not there, or there twice; `name` is the attribute's.
    pub(crate) fn places(&self, name: &str, rank: usize) -> Result<Vec<usize>> {
        let places = self.0.iter().map(|&axis| place(name, axis, rank));
        let mut places = places.collect::<Result<Vec<_>>>()?;
        places.sort_unstable();
        if places.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(err!(Argument, "{name} is {:?}, expected each axis once", self.0));
        }
        Ok(places)
    }
}

impl From<i32> for Axes {
    fn from(axis: i32) -> Self {
        Self(vec![axis])
    }
}

impl Json for Axes {
    fn from_json(value: &Value) -> serde_json::Result<Self> {
        let read = if value.is_array() {
            Vec::from_json(value)
        } else {
            i32::from_json(value).map(|axis| vec![axis])
        };
        read.map(Self).map_err(|_| {
            Error::custom(format_args!("found {value}, expected an axis or a list of axes"))
        })
    }

    fn to_json(&self) -> Value {
        if let [axis] = self.0[..] { axis.into() } else { self.0.to_json() }
    }
}

/// The place of an axis in shapes without the batch.
///
/// # Errors
/// `Argument` if it is not there; `name` is the attribute's.
pub(super) fn place(name: &str, axis: i32, rank: usize) -> Result<usize> {
    let axis = i64::from(axis);
    let place = if axis < 0 { axis + rank as i64 } else { axis - 1 };
    usize::try_from(place).ok().filter(|&place| place < rank).ok_or_else(|| {
        err!(Argument, "{name} is {axis}, expected 1 to {rank} (0 is the batch) or -{rank} to -1")
    })
}

/// Tensors as rows over some of their axes, which are moved to the end if they are not there.
pub(super) struct AsRows {
    permutation: Permutation,
    /// The numbers of a row.
    pub width: usize,
}

impl AsRows {
    /// Rows over these places (in order) of tensors of this shape.
    pub fn new(shape: &[usize], places: &[usize]) -> Self {
        let others = (0..shape.len()).filter(|axis| !places.contains(axis));
        let order: Vec<usize> = others.chain(places.iter().copied()).collect();
        let width = places.iter().map(|&place| shape[place]).product();
        Self { permutation: Permutation::new(shape, &order), width }
    }

    /// The numbers of a sample.
    pub fn sample(&self) -> usize {
        self.permutation.numbers()
    }

    /// Room for so many samples, none where they lie as rows already.
    pub fn room(&self, samples: usize) -> Room {
        Room::new(if self.permutation.is_identity() { 0 } else { samples * self.sample() })
    }

    /// Whether the axes must be moved.
    pub fn moves(&self) -> bool {
        !self.permutation.is_identity()
    }

    /// Moves the axes of samples to the end.
    pub fn gather(&self, samples: &[f32], rows: &mut [f32]) {
        let samples = samples.chunks_exact(self.sample());
        for (sample, rows) in samples.zip(rows.chunks_exact_mut(self.sample())) {
            self.permutation.apply(sample, rows);
        }
    }

    /// Moves them back.
    pub fn scatter(&self, rows: &[f32], samples: &mut [f32]) {
        let rows = rows.chunks_exact(self.sample());
        for (rows, sample) in rows.zip(samples.chunks_exact_mut(self.sample())) {
            self.permutation.invert(rows, sample);
        }
    }
}
