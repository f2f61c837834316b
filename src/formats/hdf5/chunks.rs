//! Arrays in chunks that a tree leads to, each by itself through filters.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::{Cursor, Hdf5};
use crate::memory::allocate;
use crate::{Result, err};

/// What a chunk went through, in the order of writing.
pub(super) struct Filters(Vec<Filter>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Filter {
    Deflate,
    /// The first bytes of all values, then the second ones, ...; of values of so many bytes.
    Shuffle(usize),
    /// A checksum behind.
    Fletcher32,
}

/// How many times longer than packed deflate's bytes can be.
const MOST_RATIO: usize = 1032;

impl Filters {
    /// Reads a pipeline of filters; none without a message.
    pub fn read(body: Option<&[u8]>) -> Result<Self> {
        let Some(body) = body else { return Ok(Self(Vec::new())) };
        let mut cursor = Cursor::new("a pipeline of filters", body);
        let (version, filters) = (cursor.u8()?, cursor.u8()?);
        if !matches!(version, 1 | 2) {
            return Err(err!(
                Unsupported,
                "HDF5: found a pipeline of filters of version {version}, expected 1 or 2"
            ));
        }
        cursor.take(if version == 1 { 6 } else { 0 })?;
        let filter = |_| {
            let number = cursor.u16()?;
            let name = if version == 1 || number >= 256 { cursor.u16()? } else { 0 };
            let (_, values) = (cursor.u16()?, usize::from(cursor.u16()?));
            let name = usize::from(name);
            cursor.take(if version == 1 { name.next_multiple_of(8) } else { name })?;
            let mut settings = Cursor::new("a filter", cursor.take(4 * values)?);
            cursor.take(if version == 1 { 4 * (values % 2) } else { 0 })?;
            match number {
                1 => Ok(Filter::Deflate),
                2 => Ok(Filter::Shuffle(settings.u32()?.max(1) as usize)),
                3 => Ok(Filter::Fletcher32),
                _ => Err(err!(
                    Unsupported,
                    "HDF5: found filter {number}, expected 1 (deflate), 2 (shuffle) or 3 (Fletcher's \
                     checksum)"
                )),
            }
        };
        (0..filters).map(filter).collect::<Result<_>>().map(Self)
    }

    /// The bytes of a chunk as they were before; `mask` has a bit for each filter that was left out.
    fn undo<'a>(&self, packed: &'a [u8], mask: u32, bytes: usize) -> Result<Cow<'a, [u8]>> {
        let mut data = Cow::Borrowed(packed);
        for (number, filter) in self.0.iter().enumerate().rev() {
            if mask.checked_shr(number as u32).unwrap_or(0) & 1 == 1 {
                continue;
            }
            data = match filter {
                Filter::Deflate => inflate(&data, bytes)?.into(),
                Filter::Shuffle(size) => unshuffle(&data, *size).into(),
                Filter::Fletcher32 => {
                    let length = data.len().saturating_sub(4);
                    match data {
                        Cow::Borrowed(bytes) => bytes[..length].into(),
                        Cow::Owned(mut bytes) => {
                            bytes.truncate(length);
                            bytes.into()
                        }
                    }
                }
            };
        }
        if data.len() != bytes {
            return Err(err!(
                Format,
                "HDF5: found a chunk of {} bytes, expected {bytes}",
                data.len()
            ));
        }
        Ok(data)
    }
}

fn inflate(packed: &[u8], bytes: usize) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    // A checksum may follow.
    let found = ZlibDecoder::new(packed).take(bytes as u64 + 4).read_to_end(&mut data);
    found.map_err(|error| err!(Format, "HDF5: a chunk can't be unpacked: {error}"))?;
    Ok(data)
}

fn unshuffle(data: &[u8], size: usize) -> Vec<u8> {
    let values = data.len() / size;
    let mut straight = data.to_vec();
    for byte in 0..size {
        for value in 0..values {
            straight[value * size + byte] = data[byte * values + value];
        }
    }
    straight
}

/// An array that is put together.
struct Whole<'a> {
    file: Hdf5<'a>,
    filters: &'a Filters,
    shape: &'a [usize],
    chunk: &'a [usize],
    /// Bytes of a value, and of a chunk.
    sizes: [usize; 2],
    data: Vec<u8>,
    /// How many chunks there still must be.
    left: usize,
}

/// Reads all chunks: `(tree, chunk)` are the address of the tree and the shape of a chunk, `(shape, size,
/// bytes)` that of the array, the bytes of a value and of all.
pub(super) fn read(
    file: Hdf5<'_>,
    (tree, chunk): (u64, &[usize]),
    (shape, size, bytes): (&[usize], usize, usize),
    filters: &Filters,
) -> Result<Vec<u8>> {
    let wrong = || {
        err!(
            Format,
            "HDF5: an array of shape {shape:?} is in chunks of {chunk:?}, expected chunks that fit \
             it and the file"
        )
    };
    if chunk.len() != shape.len() || chunk.contains(&0) || size == 0 {
        return Err(wrong());
    }
    let chunk_bytes = chunk.iter().try_fold(size, |product, &size| product.checked_mul(size));
    let chunk_bytes = chunk_bytes.ok_or_else(wrong)?;
    let count = shape.iter().zip(chunk).map(|(&size, &chunk)| size.div_ceil(chunk));
    let count = count.fold(1, usize::saturating_mul);
    let packed = filters.0.contains(&Filter::Deflate);
    let most = file.bytes.len().saturating_mul(if packed { MOST_RATIO } else { 1 });
    // Each chunk has an entry in the tree, of 24 bytes at least.
    if chunk_bytes.max(bytes) > most || count > file.bytes.len() / 24 {
        return Err(wrong());
    }
    let data = allocate("an array", bytes)?;
    let sizes = [size, chunk_bytes];
    let mut whole = Whole { file, filters, shape, chunk, sizes, data, left: count };
    whole.node(tree, None)?;
    if whole.left > 0 {
        return Err(err!(
            Format,
            "HDF5: {} of {count} chunks of an array were never written",
            whole.left
        ));
    }
    Ok(whole.data)
}

impl Whole<'_> {
    /// Goes through a node; `level` is that it must have, where there is one above.
    fn node(&mut self, address: u64, level: Option<u8>) -> Result<()> {
        let mut cursor = self.file.from("a tree of chunks", address)?;
        cursor.expect(b"TREE")?;
        let (of, found) = (cursor.u8()?, cursor.u8()?);
        let entries = cursor.u16()?;
        // A node without entries, or one that leads up again, would not come to an end.
        if of != 1 || level.is_some_and(|level| level != found) || entries == 0 {
            return Err(err!(
                Format,
                "HDF5: a tree of chunks has a node of type {of}, level {found} and {entries} \
                 entries, expected type 1, level {} and some",
                level.unwrap_or_default()
            ));
        }
        cursor.take(16)?;
        for _ in 0..entries {
            let (length, mask) = (cursor.u32()?, cursor.u32()?);
            let place = (0..self.shape.len()).map(|_| cursor.u64());
            let place: Vec<u64> = place.collect::<Result<_>>()?;
            cursor.take(8)?;
            let below = cursor.u64()?;
            match found.checked_sub(1) {
                Some(level) => self.node(below, Some(level))?,
                None => {
                    let packed = self.file.range("a chunk", below, u64::from(length))?;
                    self.put(&place, packed, mask)?;
                }
            }
        }
        Ok(())
    }

    /// Copies a chunk to its place, as far as it lies within the array.
    fn put(&mut self, place: &[u64], packed: &[u8], mask: u32) -> Result<()> {
        let fits = place.iter().zip(self.shape).all(|(&at, &size)| at < size as u64);
        let left = self.left.checked_sub(1).filter(|_| fits).ok_or_else(|| {
            err!(Format, "HDF5: found a chunk at {place:?}, expected each one once in the array")
        })?;
        self.left = left;
        let data = self.filters.undo(packed, mask, self.sizes[1])?;
        // Rows along the last axis lie one after the other, in the chunk and in the array.
        let row = self.chunk.last().copied().unwrap_or(1);
        let value = self.sizes[0];
        for (number, bytes) in data.chunks_exact(row * value).enumerate() {
            let (mut rest, mut at, mut stride, mut inside) = (number, 0, 1, true);
            for axis in (0..self.shape.len()).rev() {
                let begin = place[axis] as usize;
                let offset = if axis + 1 == self.shape.len() {
                    0
                } else {
                    let offset = rest % self.chunk[axis];
                    rest /= self.chunk[axis];
                    offset
                };
                inside &= begin + offset < self.shape[axis];
                at += (begin + offset) * stride;
                stride *= self.shape[axis];
            }
            if inside {
                let last = self.shape.len().wrapping_sub(1);
                let end = self.shape.get(last).map_or(1, |&size| size - place[last] as usize);
                let length = row.min(end) * value;
                self.data[at * value..][..length].copy_from_slice(&bytes[..length]);
            }
        }
        Ok(())
    }
}
