//! Arrays of numbers.

use super::chunks::{self, Filters};
use super::datatype::{Datatype, count, dataspace};
use super::object::kind;
use super::{Cursor, Numbers, Object, UNDEFINED};
use crate::formats::array::singles;
use crate::memory::reserve;
use crate::{Result, err};

/// Where the values are.
pub(super) enum Layout<'a> {
    /// In the message itself, or in one piece.
    Here(&'a [u8]),
    /// Nowhere: they were never written.
    Nowhere,
    /// In chunks of this shape, found by the tree at this address.
    Chunks(u64, Vec<usize>),
}

impl<'a> Object<'a> {
    /// The numbers of an array; `None` for a group.
    ///
    /// # Errors
    /// `Format` where the file is damaged or numbers are missing, `Unsupported` for other values than
    /// numbers and for layouts and filters that are not read, `TooLarge` for more than memory.
    pub fn numbers(&self) -> Result<Option<Numbers>> {
        let Some(body) = self.first(kind::LAYOUT)? else { return Ok(None) };
        let expect = |kind: u16, what: &str| {
            self.first(kind)?.ok_or_else(|| err!(Format, "HDF5: an array has no {what}"))
        };
        let shape = dataspace(expect(kind::DATASPACE, "dataspace")?)?;
        let datatype = Datatype::read(expect(kind::DATATYPE, "datatype")?)?;
        let len = count(&shape)?;
        let bytes = len
            .checked_mul(datatype.bytes())
            .ok_or_else(|| err!(TooLarge, "HDF5: found the shape {shape:?}, more than memory"))?;
        let values = match self.layout(body)? {
            _ if len == 0 => Vec::new(),
            Layout::Here(found) => {
                let data = found.get(..bytes).ok_or_else(|| {
                    err!(
                        Format,
                        "HDF5: an array of shape {shape:?} has {} bytes, expected {bytes}",
                        found.len()
                    )
                })?;
                numbers(datatype, data)?
            }
            Layout::Nowhere => {
                return Err(err!(
                    Format,
                    "HDF5: an array of shape {shape:?} was never written, expected its numbers"
                ));
            }
            Layout::Chunks(tree, chunk) => {
                let filters = Filters::read(self.first(kind::FILTERS)?)?;
                let data = chunks::read(
                    self.file,
                    (tree, &chunk),
                    (&shape, datatype.bytes(), bytes),
                    &filters,
                )?;
                numbers(datatype, &data)?
            }
        };
        Ok(Some(Numbers { shape, values }))
    }

    fn layout(&self, body: &'a [u8]) -> Result<Layout<'a>> {
        let mut cursor = Cursor::new("a layout", body);
        let (version, class) = (cursor.u8()?, cursor.u8()?);
        match (version, class) {
            (3 | 4, 0) => {
                let length = usize::from(cursor.u16()?);
                Ok(Layout::Here(cursor.take(length)?))
            }
            (3 | 4, 1) => match (cursor.u64()?, cursor.u64()?) {
                (UNDEFINED, _) => Ok(Layout::Nowhere),
                (address, length) => {
                    Ok(Layout::Here(self.file.range("an array", address, length)?))
                }
            },
            (3, 2) => {
                // One more than the array has: the last is the size of a value.
                let rank = usize::from(cursor.u8()?);
                let tree = cursor.u64()?;
                let sizes = (1..rank).map(|_| cursor.u32().map(|size| size as usize));
                Ok(Layout::Chunks(tree, sizes.collect::<Result<_>>()?))
            }
            _ => Err(err!(
                Unsupported,
                "HDF5: found an array laid out by version {version}, class {class}, expected version \
                 3 (or 4, in one piece)"
            )),
        }
    }
}

fn numbers(datatype: Datatype, data: &[u8]) -> Result<Vec<f32>> {
    match datatype {
        Datatype::Number(element, big_endian) => Ok(singles(element, big_endian, data)),
        Datatype::Bfloat16 => {
            let halves = data.as_chunks::<2>().0;
            let mut values = reserve("an array", halves.len())?;
            let upper = |half: &[u8; 2]| u32::from(u16::from_le_bytes(*half)) << 16;
            values.extend(halves.iter().map(|half| f32::from_bits(upper(half))));
            Ok(values)
        }
        other => Err(err!(Unsupported, "HDF5: an array is of {other:?}, expected numbers")),
    }
}
