//! Gzip (RFC 1952): one packed file, or several one after the other that make one; by `flate2`.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;

use super::archive::Limits;
use super::source::{Source, SourceReader, from_io};
use super::tar;
use crate::{Result, err};

/// Whether a file begins as one.
pub(super) fn sniff(head: &[u8], _len: u64) -> bool {
    head.starts_with(&[0x1f, 0x8b, 8])
}

/// Reads what is packed in a source, checked against its checksums, as far as the limits allow.
pub struct Gunzip<S: Source> {
    decoder: MultiGzDecoder<SourceReader<S>>,
    len: u64,
    limits: Limits,
    /// Bytes that have been unpacked.
    unpacked: u64,
}

impl<S: Source> Gunzip<S> {
    /// A reader at the beginning. A packed stream may be as long as all files of an archive.
    pub fn new(source: S, limits: Limits) -> Self {
        let len = source.len();
        let decoder = MultiGzDecoder::new(SourceReader::new(source));
        Self { decoder, len, limits, unpacked: 0 }
    }

    /// How many bytes of how many of the packed file lie behind.
    pub fn progress(&self) -> (u64, u64) {
        (self.decoder.get_ref().position(), self.len)
    }

    /// The source, wherever reading was.
    pub fn into_inner(self) -> S {
        self.decoder.into_inner().into_inner()
    }
}

impl<S: Source> Read for Gunzip<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(into)?;
        self.unpacked += count as u64;
        let (packed, _) = self.progress();
        if self.unpacked > self.limits.total_bytes || self.limits.is_bomb(self.unpacked, packed) {
            return Err(io::Error::other(err!(
                TooLarge,
                "gzip: found {} bytes in {packed}, expected at most {} and {} times as many",
                self.unpacked,
                self.limits.total_bytes,
                self.limits.ratio
            )));
        }
        Ok(count)
    }
}

/// All that is packed in a source.
///
/// # Errors
/// `Format` if it is no gzip file, damaged or cut off; `TooLarge` beyond [`Limits::entry_bytes`].
pub fn unpack<S: Source>(source: S, limits: Limits) -> Result<Vec<u8>> {
    let limits = Limits { total_bytes: limits.entry_bytes, ..limits };
    let mut bytes = Vec::new();
    let mut reader = Gunzip::new(source, limits);
    reader.read_to_end(&mut bytes).map_err(|error| from_io("gzip", error))?;
    Ok(bytes)
}

/// The first bytes of what is packed, at most `most`.
///
/// # Errors
/// As [`unpack`].
pub fn head<S: Source>(source: S, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let reader = Gunzip::new(source, Limits::default());
    reader.take(most as u64).read_to_end(&mut bytes).map_err(|error| from_io("gzip", error))?;
    Ok(bytes)
}

/// Whether a tar archive is packed.
pub(super) fn tar_within<S: Source>(source: S) -> Result<bool> {
    Ok(tar::sniff(&head(source, tar::BLOCK)?, tar::BLOCK as u64))
}

/// Small files for tests.
#[cfg(test)]
pub(super) fn examples() -> Vec<Vec<u8>> {
    vec![pack(b"hello, hello, hello"), [pack(b"one"), pack(b"two")].concat()]
}

#[cfg(test)]
pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn unpacked(bytes: &[u8]) -> Result<Vec<u8>> {
        unpack(bytes, Limits::default())
    }

    #[test]
    fn what_is_packed_is_read() {
        let text: Vec<u8> = (0..300_000_u64).map(|i| (i * i % 97) as u8).collect();
        assert!(unpacked(&pack(&text)).unwrap() == text);
        assert_eq!(unpacked(&examples()[1]).unwrap(), b"onetwo");
        assert_eq!(unpacked(&pack(b"")).unwrap(), b"");
        assert_eq!(head(pack(&text), 3).unwrap(), text[..3]);
    }

    #[test]
    fn damage_is_found() {
        let bytes = pack(b"some text that is long enough to be packed, packed, packed");
        for len in 0..bytes.len() {
            assert_eq!(unpacked(&bytes[..len]).unwrap_err().kind(), ErrorKind::Format, "{len}");
        }
        // The checksum and the length stand in the last eight bytes.
        for at in bytes.len() - 8..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert_eq!(unpacked(&wrong).unwrap_err().kind(), ErrorKind::Format, "{at}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        let bomb = pack(&vec![0; 40 << 20]);
        let error = unpacked(&bomb).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        let small = Limits { entry_bytes: 10, ..Limits::default() };
        let error = unpack(pack(b"hello, hello").as_slice(), small).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}
