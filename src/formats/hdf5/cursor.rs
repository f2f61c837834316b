//! Numbers one after the other, within bounds.

use crate::{Result, err};

/// Bytes that are read from their beginning on.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    /// What they are, for messages.
    what: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, bytes, at: 0 }
    }

    /// The next so many.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..length) else {
            let (what, found) = (self.what, rest.len());
            return Err(err!(
                Format,
                "HDF5: {what} ends after {found} bytes, expected {length}: it is cut off"
            ));
        };
        self.at += length;
        Ok(taken)
    }

    /// Passes over what fills up to a multiple of `unit`, counted from the beginning.
    pub fn align(&mut self, unit: usize) -> Result<()> {
        self.take(self.at.next_multiple_of(unit) - self.at).map(drop)
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Refuses another mark than this.
    pub fn expect(&mut self, mark: &[u8]) -> Result<()> {
        let found = self.take(mark.len())?;
        if found == mark {
            return Ok(());
        }
        let [found, mark] = [found, mark].map(|bytes| bytes.escape_ascii());
        Err(err!(Format, "HDF5: {} begins with \"{found}\", expected \"{mark}\"", self.what))
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub fn u16(&mut self) -> Result<u16> {
        self.number(2).map(|number| number as u16)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.number(4).map(|number| number as u32)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.number(8)
    }

    /// A little-endian number of up to 8 bytes.
    pub fn number(&mut self, bytes: usize) -> Result<u64> {
        let taken = self.take(bytes)?.iter().rev();
        Ok(taken.fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}
