//! Samples that are not in memory: a batch is read when it is needed.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use super::column::{Kind, Sample, Values};
use super::places::Places;
use crate::memory::allocate;
use crate::{Result, err};

/// Bytes that are read at a time where samples lie side by side.
const MOST_AT_ONCE: usize = 1 << 20;

/// Where samples are that are not in memory.
pub trait Store: Debug + Send + Sync {
    /// How many samples there are.
    fn samples(&self) -> usize;

    /// Fills `into` with the values of samples from `first` on, each as many bytes as every other;
    /// numbers are little-endian. `into` is a whole number of samples long.
    ///
    /// # Errors
    /// What the place of the samples answers, and `Argument` beyond the last.
    fn read(&self, first: usize, into: &mut [u8]) -> Result<()>;
}

/// Samples of stores, in any order.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    kind: Kind,
    /// Values of one sample.
    width: usize,
    places: Places<dyn Store>,
    scratch: Arc<Mutex<Scratch>>,
}

/// What reading needs, kept so that a step allocates nothing.
#[derive(Debug, Default)]
struct Scratch {
    /// The places that are read, each with its position in what was asked for.
    order: Vec<(u64, u32)>,
    bytes: Vec<u8>,
    numbers: Vec<f32>,
}

impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.width == other.width && self.places == other.places
    }
}

impl Stored {
    /// All samples of a store.
    pub(super) fn new(kind: Kind, width: usize, store: Arc<dyn Store>) -> Self {
        let samples = store.samples();
        Self { kind, width, places: Places::new(store, samples), scratch: Arc::default() }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// See [`Column::places`](super::Column::places).
    pub(super) fn places(&self) -> Result<Option<Vec<u32>>> {
        match self.places.listed() {
            None => Ok(None),
            Some(places) if self.places.sources().len() == 1 => {
                Ok(Some(places.iter().map(|&place| place as u32).collect()))
            }
            Some(_) => Err(err!(Data, "places: the samples are in several files")),
        }
    }

    /// Bytes of one sample.
    fn record(&self) -> usize {
        self.width * self.kind.bytes()
    }

    /// The samples at these indices, which must exist, in this order; nothing is read.
    pub(super) fn select(&self, indices: &[u32]) -> Result<Self> {
        Ok(Self { places: self.places.select(indices)?, ..self.clone() })
    }

    /// Adds the samples of another, of the same kind and width.
    pub(super) fn append(&mut self, other: &Self) -> Result<()> {
        self.places.append(&other.places)
    }

    /// Calls `visit` with the samples at these indices, each with its position among them. They come
    /// in the order in which they lie in the store, and those side by side are read at once. Once it
    /// was called for as many samples, it allocates nothing.
    pub(super) fn visit(
        &self,
        indices: &[u32],
        mut visit: impl FnMut(usize, Sample<'_>),
    ) -> Result<()> {
        let record = self.record();
        let most = (MOST_AT_ONCE / record).max(1);
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let Scratch { order, bytes, numbers } = &mut *scratch;
        order.clear();
        for (position, &index) in (0..).zip(indices) {
            let Some(place) = self.places.place(index) else {
                return Err(err!(Argument, "sample {index}: there are {} samples", self.len()));
            };
            order.push((place, position));
        }
        order.sort_unstable();
        let mut rest = order.as_slice();
        while let Some(&(first, _)) = rest.first() {
            let side_by_side = |pair: &&[(u64, u32)]| {
                pair[1].0 - pair[0].0 <= 1 && pair[1].0 - first < most as u64
            };
            let run = 1 + rest.windows(2).take_while(side_by_side).count();
            let (run, after) = rest.split_at(run);
            rest = after;
            let samples = (run[run.len() - 1].0 - first) as usize + 1;
            let len = samples * record;
            if bytes.len() < len {
                *bytes = allocate("samples that are read", len)?;
            }
            let bytes = &mut bytes[..len];
            let (store, from) = self.places.at(first);
            store.read(from, bytes)?;
            for &(place, position) in run {
                let begin = (place - first) as usize * record;
                let sample = &bytes[begin..begin + record];
                match self.kind {
                    Kind::U8 => visit(position as usize, Sample::U8(sample)),
                    Kind::F32 => {
                        numbers.clear();
                        numbers.extend(sample.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)));
                        visit(position as usize, Sample::F32(numbers));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Samples in memory, as those that are added to stored ones are seen.
#[derive(Debug)]
pub(super) struct InMemory {
    pub(super) values: Arc<Values>,
    pub(super) width: usize,
}

impl Store for InMemory {
    fn samples(&self) -> usize {
        self.values.len() / self.width
    }

    fn read(&self, first: usize, into: &mut [u8]) -> Result<()> {
        let beyond = || err!(Argument, "sample {first}: there are {} samples", self.samples());
        let begin = first.saturating_mul(self.width);
        match &*self.values {
            Values::U8(values) => {
                let found = values.get(begin..begin + into.len()).ok_or_else(beyond)?;
                into.copy_from_slice(found);
            }
            Values::F32(values) => {
                let found = values.get(begin..begin + into.len() / 4).ok_or_else(beyond)?;
                for (bytes, value) in into.as_chunks_mut().0.iter_mut().zip(found) {
                    *bytes = value.to_le_bytes();
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
