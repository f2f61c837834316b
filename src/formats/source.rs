//! Where the bytes of a file come from: parsers ask for them and do no IO themselves.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Error, Result, err};

/// Random access to the bytes of a file, wherever they are.
pub trait Source: Send {
    /// The number of bytes; it never changes.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// `Format` where the file ends before, and whatever the place of the bytes answers.
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()>;
}

impl Source for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        let found = usize::try_from(offset)
            .ok()
            .and_then(|begin| self.get(begin..begin.checked_add(into.len())?))
            .ok_or_else(|| beyond(offset, into.len(), <[u8]>::len(self) as u64))?;
        into.copy_from_slice(found);
        Ok(())
    }
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        Vec::len(self) as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.as_slice().read_at(offset, into)
    }
}

impl<S: Source + ?Sized> Source for &mut S {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        (**self).read_at(offset, into)
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        (**self).read_at(offset, into)
    }
}

/// A source over what can be read and sought in, such as a native program's open file.
#[derive(Debug)]
pub struct Seekable<R> {
    reader: R,
    len: u64,
}

impl<R: Read + Seek + Send> Seekable<R> {
    /// A source of all its bytes.
    ///
    /// # Errors
    /// `Format` if it cannot tell its length.
    pub fn new(mut reader: R) -> Result<Self> {
        let len = reader.seek(SeekFrom::End(0)).map_err(|error| from_io("file", error))?;
        Ok(Self { reader, len })
    }
}

impl<R: Read + Seek + Send> Source for Seekable<R> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        if offset.checked_add(into.len() as u64).is_none_or(|end| end > self.len) {
            return Err(beyond(offset, into.len(), self.len));
        }
        self.reader
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.reader.read_exact(into))
            .map_err(|error| from_io("file", error))
    }
}

/// A source that several readers share, each at its own place.
#[derive(Clone)]
pub struct Shared {
    source: Arc<Mutex<dyn Source>>,
    len: u64,
}

impl Shared {
    /// A source to be shared.
    pub fn new<S: Source + 'static>(source: S) -> Self {
        let len = source.len();
        Self { source: Arc::new(Mutex::new(source)), len }
    }
}

impl Source for Shared {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).read_at(offset, into)
    }
}

/// Bytes that a [`SourceReader`] asks for at a time: few calls across to JavaScript, little memory.
const BLOCK: usize = 256 << 10;

/// Reads a source from its beginning to its end, or from wherever one seeks to.
#[derive(Debug)]
pub struct SourceReader<S> {
    source: S,
    len: u64,
    /// Where the block begins in the file.
    begin: u64,
    /// Bytes of the file from there on.
    block: Vec<u8>,
    /// Where in the block reading goes on; may lie beyond its end after a seek.
    at: u64,
}

impl<S: Source> SourceReader<S> {
    /// A reader at the beginning.
    pub fn new(source: S) -> Self {
        let len = source.len();
        Self { source, len, begin: 0, block: Vec::new(), at: 0 }
    }

    /// The bytes before the one that is read next.
    pub fn position(&self) -> u64 {
        self.begin + self.at
    }

    /// The source, wherever reading was.
    pub fn into_inner(self) -> S {
        self.source
    }

    /// The number of bytes of the whole file.
    pub fn source_len(&self) -> u64 {
        self.len
    }
}

impl<S: Source> BufRead for SourceReader<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.block.len() as u64 {
            let begin = self.position();
            let rest = self.len.saturating_sub(begin);
            self.block.clear();
            (self.begin, self.at) = (begin, 0);
            if rest > 0 {
                let mut block = std::mem::take(&mut self.block);
                block.resize(rest.min(BLOCK as u64) as usize, 0);
                self.source.read_at(begin, &mut block).map_err(io::Error::other)?;
                self.block = block;
            }
        }
        Ok(&self.block[self.at as usize..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at = (self.at + bytes as u64).min(self.block.len() as u64);
    }
}

impl<S: Source> Read for SourceReader<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let found = self.fill_buf()?;
        let count = found.len().min(into.len());
        into[..count].copy_from_slice(&found[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<S: Source> Seek for SourceReader<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::Current(offset) => (self.position(), offset),
            SeekFrom::End(offset) => (self.len, offset),
        };
        let position = base.checked_add_signed(offset).ok_or(io::ErrorKind::InvalidInput)?;
        match position.checked_sub(self.begin) {
            // Formats jump to and fro by a few bytes: those that are there are not read again.
            Some(at) if at <= self.block.len() as u64 => self.at = at,
            _ => {
                self.block.clear();
                (self.begin, self.at) = (position, 0);
            }
        }
        Ok(position)
    }
}

/// The first bytes of a source, at most `most`.
///
/// # Errors
/// What the source answers.
pub fn head(source: &mut (impl Source + ?Sized), most: usize) -> Result<Vec<u8>> {
    let mut head = vec![0; source.len().min(most as u64) as usize];
    source.read_at(0, &mut head)?;
    Ok(head)
}

/// All bytes of a source.
///
/// # Errors
/// `TooLarge` if they are more than `most`, else what the source answers.
pub fn read_all(what: &str, source: &mut (impl Source + ?Sized), most: u64) -> Result<Vec<u8>> {
    match usize::try_from(source.len()) {
        Ok(len) if len as u64 <= most => {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(len).map_err(|_| {
                err!(TooLarge, "{what}: found {len} bytes, for which there is no memory")
            })?;
            bytes.resize(len, 0);
            source.read_at(0, &mut bytes)?;
            Ok(bytes)
        }
        _ => Err(err!(TooLarge, "{what}: found {} bytes, expected at most {most}", source.len())),
    }
}

/// The error that a reader's failure comes from: a source's own, or one about the file.
pub fn from_io(what: &str, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => own,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            err!(Format, "{what}: the file ends before what it announces")
        }
        Err(error) => err!(Format, "{what}: {error}"),
    }
}

fn beyond(offset: u64, wanted: usize, len: u64) -> Error {
    err!(Format, "file: {wanted} bytes at {offset} were asked for, found a file of {len}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn numbers(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 31 % 251) as u8).collect()
    }

    #[test]
    fn readers_give_all_bytes_wherever_they_are() {
        for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 7] {
            let bytes = numbers(len);
            let mut found = Vec::new();
            SourceReader::new(bytes.as_slice()).read_to_end(&mut found).unwrap();
            assert!(found == bytes, "{len}");
            let mut file = Seekable::new(io::Cursor::new(bytes.clone())).unwrap();
            assert!(read_all("file", &mut file, u64::MAX).unwrap() == bytes);
            assert!(read_all("file", &mut bytes.clone(), len as u64).unwrap() == bytes);
            assert!(head(&mut bytes.as_slice(), 5).unwrap() == bytes[..len.min(5)]);
        }
    }

    #[test]
    fn seeking_leads_anywhere() {
        let bytes = numbers(2 * BLOCK);
        let mut reader = SourceReader::new(bytes.as_slice());
        let places = [0, BLOCK - 1, 3, 2 * BLOCK - 1, BLOCK, 2 * BLOCK - 2, BLOCK - 2];
        for place in places {
            let mut found = [0];
            assert_eq!(reader.seek(SeekFrom::Start(place as u64)).unwrap(), place as u64);
            reader.read_exact(&mut found).unwrap();
            assert_eq!(found[0], bytes[place], "{place}");
            assert_eq!(reader.seek(SeekFrom::Current(-1)).unwrap(), place as u64);
            reader.read_exact(&mut found).unwrap();
            assert_eq!(found[0], bytes[place], "{place} again");
        }
        assert_eq!(reader.seek(SeekFrom::End(9)).unwrap(), 2 * BLOCK as u64 + 9);
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
        assert!(reader.seek(SeekFrom::End(-9 - 2 * BLOCK as i64)).is_err());
        assert!(reader.seek(SeekFrom::Current(i64::MAX)).is_ok());
        assert!(reader.seek(SeekFrom::Start(u64::MAX)).is_ok());
        assert!(reader.seek(SeekFrom::Current(1)).is_err());
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let mut bytes = numbers(10);
        let mut file = Seekable::new(io::Cursor::new(bytes.clone())).unwrap();
        for (offset, len) in [(10, 1), (0, 11), (u64::MAX, 1), (u64::MAX, 0), (11, 0)] {
            let mut into = vec![0; len];
            for found in [bytes.read_at(offset, &mut into), file.read_at(offset, &mut into)] {
                assert_eq!(found.unwrap_err().kind(), ErrorKind::Format, "{offset} {len}");
            }
        }
        let error = read_all("text", &mut bytes, 9).unwrap_err();
        assert_eq!(error.message(), "text: found 10 bytes, expected at most 9");
    }

    #[test]
    fn errors_of_a_source_come_through() {
        struct Broken;
        impl Source for Broken {
            fn len(&self) -> u64 {
                9
            }
            fn read_at(&mut self, _: u64, _: &mut [u8]) -> Result<()> {
                Err(err!(NotFound, "the disk is gone"))
            }
        }
        let error = SourceReader::new(Broken).read(&mut [0; 3]).unwrap_err();
        assert_eq!(from_io("zip", error), err!(NotFound, "the disk is gone"));
    }
}
