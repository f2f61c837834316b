//! NPZ, arrays of numpy by name: a zip archive of NPY files.

use super::archive::Limits;
use super::array::{self, Array};
use super::npy;
use super::source::{Shared, Source};
use super::zip::{Content, Zip};
use crate::{Result, err};

/// Whether a file begins as one: with an entry whose name ends in `.npy`.
pub(super) fn sniff(head: &[u8], _len: u64) -> bool {
    let (Some(b"PK\x03\x04"), Some(&[low, high])) = (head.get(..4), head.get(26..28)) else {
        return false;
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    head.get(30..30 + length).is_some_and(|name| name.ends_with(b".npy"))
}

/// A file whose directory has been read.
pub struct Npz {
    zip: Zip<Shared>,
    source: Shared,
    names: Vec<String>,
}

impl Npz {
    /// Reads the directory.
    ///
    /// # Errors
    /// What [`Zip::open`] refuses, the error of an array that cannot be read, and `Format` if there
    /// is none.
    pub fn open<S: Source + 'static>(source: S, limits: Limits) -> Result<Self> {
        let source = Shared::new(source);
        let zip = Zip::open(source.clone(), limits)?;
        if let Some((_, error)) = zip.refused().first() {
            return Err(error.clone());
        }
        let names = zip.entries().iter();
        let names: Vec<String> = names
            .map(|entry| entry.path.strip_suffix(".npy").unwrap_or(&entry.path).to_owned())
            .collect();
        if names.is_empty() {
            return Err(err!(Format, "NPZ: found no arrays"));
        }
        Ok(Self { zip, source, names })
    }

    /// Names of the arrays, in the file's order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Opens the array of this name; several can be read at the same time.
    ///
    /// # Errors
    /// `NotFound` if there is none, and what [`npy::open`] refuses.
    pub fn array(&mut self, name: &str) -> Result<Array<Content<Shared>>> {
        let Some(at) = self.names.iter().position(|found| found == name) else {
            return Err(err!(
                NotFound,
                "NPZ: array {name:?} was asked for, found {}",
                self.names.join(", ")
            ));
        };
        let size = self.zip.entries()[at].size;
        npy::open(self.zip.content(at, self.source.clone())?, Some(size))
    }
}

/// Reads all arrays and keeps none: says whether that can be done.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    let mut file = Npz::open(bytes.to_vec(), Limits::default())?;
    for name in file.names().to_vec() {
        array::check(file.array(&name)?)?;
    }
    Ok(())
}

/// Small files for tests.
#[cfg(test)]
pub(super) fn examples() -> Vec<Vec<u8>> {
    tests::examples()
}

#[cfg(test)]
mod tests;
