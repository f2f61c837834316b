//! Zip archives, by the crate `zip`: stored and deflated files, zip64 too.

use ::zip::result::ZipError;
use ::zip::{CompressionMethod as Method, ZipArchive};

use super::archive::{Archive, Count, Item, Limits, check_size, clean_path, read_entry, too_much};
use super::source::{Source, SourceReader, from_io};
use crate::{Error, Result, err};

mod content;

pub use content::Content;

/// Whether a file begins as one (an empty archive has only its directory).
pub(super) fn sniff(head: &[u8], _len: u64) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// A file of the archive that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path, with forward slashes.
    pub path: String,
    /// Bytes of its content.
    pub size: u64,
    index: usize,
}

/// An archive whose directory has been read.
pub struct Zip<S: Source> {
    archive: ZipArchive<SourceReader<S>>,
    entries: Vec<Entry>,
    refused: Vec<(String, Error)>,
    len: u64,
    /// Of `refused`, then of `entries`: what [`Archive::next`] reads next.
    next: usize,
}

impl<S: Source> Zip<S> {
    /// Reads the directory.
    ///
    /// # Errors
    /// `Format` if there is none or it is damaged, `Unsupported` for archives of several parts,
    /// `TooLarge` beyond the limits.
    pub fn open(source: S, limits: Limits) -> Result<Self> {
        let len = source.len();
        let archive =
            ZipArchive::new(SourceReader::new(source)).map_err(|error| from_zip("zip", error))?;
        let (mut entries, mut refused) = (Vec::new(), Vec::new());
        let mut count = Count::default();
        let mut total = 0_u64;
        for index in 0..archive.len() {
            let found = archive.by_index_data(index).map_err(|error| from_zip("zip", error))?;
            let name = found.name().map_err(|error| from_zip("zip", error))?.into_owned();
            count.add("zip", found.size(), &limits)?;
            if found.is_dir() {
                continue;
            }
            let packed = found.compressed_size();
            let checked = clean_path(&name).and_then(|path| {
                if found.encrypted() {
                    return Err(err!(
                        Unsupported,
                        "{name}: it is encrypted, expected one that is not"
                    ));
                }
                if !matches!(found.compression(), Method::Stored | Method::Deflated) {
                    return Err(err!(
                        Unsupported,
                        "{name}: it is packed by {}, expected Stored or Deflated",
                        found.compression()
                    ));
                }
                check_size(&name, found.size(), &limits)?;
                if limits.is_bomb(found.size(), packed) {
                    return Err(err!(
                        TooLarge,
                        "{name}: found {} bytes packed to {packed}, expected at most {} times as \
                         many",
                        found.size(),
                        limits.ratio
                    ));
                }
                Ok(path)
            });
            match checked {
                Ok(Some(path)) => {
                    total = total.saturating_add(found.size());
                    entries.push(Entry { path, size: found.size(), index });
                }
                Ok(None) => {}
                Err(error) => refused.push((name, error)),
            }
        }
        // Files may share packed bytes, so that each alone looks harmless.
        if total > limits.entry_bytes && limits.is_bomb(total, len) {
            return Err(too_much("zip", entries.len() as u64, total, &limits));
        }
        Ok(Self { archive, entries, refused, len, next: 0 })
    }

    /// The files that can be asked for, in the order of the directory.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The files that are not offered, each with the reason.
    pub fn refused(&self) -> &[(String, Error)] {
        &self.refused
    }

    /// Reads the content of the file at this place among [`entries`](Self::entries), and checks it
    /// against its checksum. `bytes` are cleared before.
    ///
    /// # Errors
    /// `Argument` beyond the last, `Format` for a damaged file.
    pub fn read(&mut self, at: usize, bytes: &mut Vec<u8>) -> Result<()> {
        let Entry { path, size, index } = self.entry(at)?.clone();
        let mut file = self.archive.by_index(index).map_err(|error| from_zip(&path, error))?;
        read_entry(&path, &mut file, size, bytes)
    }

    /// The file at this place.
    fn entry(&self, at: usize) -> Result<&Entry> {
        let entries = self.entries.len();
        let entry = self.entries.get(at);
        entry.ok_or_else(|| err!(Argument, "zip: file {at} was asked for, found {entries}"))
    }
}

impl<S: Source> Archive for Zip<S> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Result<Option<Item>> {
        let at = self.next;
        self.next += 1;
        bytes.clear();
        if let Some((path, error)) = self.refused.get(at) {
            return Ok(Some(Item { path: path.clone(), content: Err(error.clone()) }));
        }
        let at = at - self.refused.len();
        let Some(Entry { path, .. }) = self.entries.get(at).cloned() else {
            self.next -= 1;
            return Ok(None);
        };
        let content = self.read(at, bytes);
        Ok(Some(Item { path, content }))
    }

    fn progress(&self) -> (u64, u64) {
        let all = (self.refused.len() + self.entries.len()) as u128;
        let share = (u128::from(self.len) * self.next as u128).checked_div(all);
        (share.map_or(self.len, |share| share as u64), self.len)
    }
}

fn from_zip(what: &str, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => from_io(what, error),
        ZipError::UnsupportedArchive(reason) => err!(Unsupported, "{what}: {reason}"),
        error => err!(Format, "{what}: {error}"),
    }
}

/// Small files for tests.
#[cfg(test)]
pub(super) fn examples() -> Vec<Vec<u8>> {
    vec![tests::zip(&[("a/one.txt", b"one one one one"), ("b/", b""), ("b/two.txt", b"2")])]
}

#[cfg(test)]
mod tests;
