//! Memory whose refusal is an error, and not the end of the program.

use std::ops::{Deref, DerefMut};

use crate::{Error, Result, err};

/// Room for numbers that is counted when it is made and there once it is allocated, so that what
/// something will take can be told without taking it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Room {
    len: usize,
    values: Vec<f32>,
}

impl Room {
    /// Room for so many numbers, not allocated.
    pub fn new(len: usize) -> Self {
        Self { len, values: Vec::new() }
    }

    /// Makes it at least as large; only before it is allocated.
    pub fn widen(&mut self, len: usize) {
        self.len = self.len.max(len);
    }

    /// What it takes, in bytes, once it is allocated.
    pub fn bytes(&self) -> usize {
        self.len.saturating_mul(size_of::<f32>())
    }

    /// Takes the memory; all numbers are zero.
    ///
    /// # Errors
    /// As [`reserve`].
    pub fn allocate(&mut self, what: &str) -> Result<()> {
        self.values = allocate(what, self.len)?;
        Ok(())
    }
}

impl Deref for Room {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values
    }
}

impl DerefMut for Room {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }
}

/// Room for so many values.
///
/// # Errors
/// `TooLarge` where there is not so much memory; `what` says for what.
pub(crate) fn reserve<T>(what: &str, len: usize) -> Result<Vec<T>> {
    let mut room = Vec::new();
    match room.try_reserve_exact(len) {
        Ok(()) => Ok(room),
        Err(_) => Err(refused(what, len.saturating_mul(size_of::<T>()))),
    }
}

/// Written once, not for each type: all of it is part of what a page loads.
#[cold]
#[inline(never)]
fn refused(what: &str, bytes: usize) -> Error {
    err!(
        TooLarge,
        "{what}: found no memory for {bytes} bytes, expected the system to have as many; a smaller \
         batch, model or dataset needs less"
    )
}

/// So many zeros.
///
/// # Errors
/// As [`reserve`].
pub(crate) fn allocate<T: Copy + Default>(what: &str, len: usize) -> Result<Vec<T>> {
    let mut zeros = reserve(what, len)?;
    zeros.resize(len, T::default());
    Ok(zeros)
}

/// The same values again.
///
/// # Errors
/// As [`reserve`].
pub(crate) fn copied<T: Copy>(what: &str, values: &[T]) -> Result<Vec<T>> {
    joined(what, values, &[])
}

/// The values of both, one after the other.
///
/// # Errors
/// As [`reserve`].
pub(crate) fn joined<T: Copy>(what: &str, values: &[T], more: &[T]) -> Result<Vec<T>> {
    let mut all = reserve(what, values.len().saturating_add(more.len()))?;
    all.extend_from_slice(values);
    all.extend_from_slice(more);
    Ok(all)
}
