//! A file of an archive that is unpacked while it is read.

use std::io::{self, Read, Seek, SeekFrom, Take};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::super::source::{Source, SourceReader, from_io};
use super::{Method, Zip, from_zip};
use crate::{Error, Result, err};

/// What a file holds, checked at its end against its size and its checksum.
pub struct Content<T: Source> {
    path: String,
    packed: Packed<T>,
    /// Bytes and checksum as the directory says.
    size: u64,
    checksum: u32,
    /// Of what has been read.
    crc: Crc,
    unpacked: u64,
}

/// How it lies in the archive.
enum Packed<T: Source> {
    Stored(Take<SourceReader<T>>),
    Deflated(DeflateDecoder<Take<SourceReader<T>>>),
}

impl<S: Source> Zip<S> {
    /// Opens the file at this place among [`entries`](Zip::entries), for as long as one likes:
    /// `source` is another reader of the same archive.
    ///
    /// # Errors
    /// As [`read`](Zip::read).
    pub fn content<T: Source>(&mut self, at: usize, source: T) -> Result<Content<T>> {
        let entry = self.entry(at)?.clone();
        let path = entry.path;
        let file = self.archive.by_index(entry.index).map_err(|error| from_zip(&path, error))?;
        let Some(begin) = file.data_start() else {
            return Err(err!(Format, "{path}: its content begins nowhere"));
        };
        let mut reader = SourceReader::new(source);
        reader.seek(SeekFrom::Start(begin)).map_err(|error| from_io(&path, error))?;
        let (packed, checksum) = (reader.take(file.compressed_size()), file.crc32());
        let packed = match file.compression() {
            Method::Stored => Packed::Stored(packed),
            _ => Packed::Deflated(DeflateDecoder::new(packed)),
        };
        Ok(Content { path, packed, size: entry.size, checksum, crc: Crc::new(), unpacked: 0 })
    }
}

impl<T: Source> Content<T> {
    /// What is wrong with what has been read.
    fn fault(&self, ended: bool) -> Option<Error> {
        let Self { path, size, unpacked, checksum, crc, .. } = self;
        if unpacked > size {
            return Some(err!(Format, "{path}: found more than {size} bytes, expected {size}"));
        }
        if !ended {
            return None;
        }
        if unpacked != size {
            return Some(err!(Format, "{path}: found {unpacked} bytes, expected {size}"));
        }
        let found = crc.sum();
        (found != *checksum).then(|| {
            err!(Format, "{path}: found the checksum {found:08x}, expected {checksum:08x}")
        })
    }
}

impl<T: Source> Read for Content<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.packed {
            Packed::Stored(reader) => reader.read(into)?,
            Packed::Deflated(reader) => reader.read(into)?,
        };
        self.crc.update(&into[..count]);
        self.unpacked += count as u64;
        match self.fault(count == 0 && !into.is_empty()) {
            Some(error) => Err(io::Error::other(error)),
            None => Ok(count),
        }
    }
}
