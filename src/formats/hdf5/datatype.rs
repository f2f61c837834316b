//! Types of values, and how many there are.

use super::Cursor;
use crate::formats::array::Element;
use crate::{Result, err};

/// A type of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Datatype {
    /// Numbers, and whether the first byte is the most significant one.
    Number(Element, bool),
    /// The upper half of a single-precision number.
    Bfloat16,
    /// A text of so many bytes.
    Text(usize),
    /// A text in the global heap.
    HeapText,
    /// Something else of so many bytes, with the number of its class.
    Other(usize, u8),
}

impl Datatype {
    pub fn read(body: &[u8]) -> Result<Self> {
        let mut cursor = Cursor::new("a datatype", body);
        let class = cursor.u8()? & 15;
        let flags = cursor.number(3)?;
        let size = cursor.u32()? as usize;
        let big_endian = flags & 1 != 0;
        let other = Self::Other(size, class);
        Ok(match class {
            0 => {
                let element = match (size, flags & 8 != 0) {
                    (1, true) => Element::I8,
                    (1, false) => Element::U8,
                    (2, true) => Element::I16,
                    (2, false) => Element::U16,
                    (4, true) => Element::I32,
                    (4, false) => Element::U32,
                    (8, true) => Element::I64,
                    (8, false) => Element::U64,
                    _ => return Ok(other),
                };
                Self::Number(element, big_endian)
            }
            1 => {
                // Offset and precision in bits, then where the exponent begins.
                cursor.take(5)?;
                let exponent = cursor.u8()?;
                match (size, exponent) {
                    (2, 5) => Self::Number(Element::F16, big_endian),
                    (4, 8) => Self::Number(Element::F32, big_endian),
                    (8, 11) => Self::Number(Element::F64, big_endian),
                    (2, 8) if !big_endian => Self::Bfloat16,
                    _ => other,
                }
            }
            3 => Self::Text(size),
            9 if flags & 15 == 1 => Self::HeapText,
            _ => other,
        })
    }

    /// Bytes of a value.
    pub fn bytes(self) -> usize {
        match self {
            Self::Number(element, _) => element.bytes(),
            Self::Bfloat16 => 2,
            Self::Text(size) | Self::Other(size, _) => size,
            // Length, address of the heap's collection, number in it.
            Self::HeapText => 16,
        }
    }
}

/// The sizes of an array; none for a single value. An empty array has a size of 0.
pub(super) fn dataspace(body: &[u8]) -> Result<Vec<usize>> {
    let mut cursor = Cursor::new("a dataspace", body);
    let (version, rank, _) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    match version {
        1 => {
            cursor.take(5)?;
        }
        // Type 2 has no values.
        2 => {
            if cursor.u8()? == 2 {
                return Ok(vec![0]);
            }
        }
        _ => {
            return Err(err!(
                Unsupported,
                "HDF5: found a dataspace of version {version}, expected 1 or 2"
            ));
        }
    }
    if rank > 32 {
        return Err(err!(Format, "HDF5: found an array of {rank} dimensions, expected at most 32"));
    }
    let sizes = (0..rank).map(|_| {
        let size = cursor.u64()?;
        usize::try_from(size).map_err(|_| err!(TooLarge, "HDF5: found a dimension of {size}"))
    });
    sizes.collect()
}

/// How many values there are, if they can be counted.
pub(super) fn count(shape: &[usize]) -> Result<usize> {
    let product = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    product.ok_or_else(|| err!(TooLarge, "HDF5: found the shape {shape:?}, more than memory"))
}
