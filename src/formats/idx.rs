//! IDX, the format that MNIST comes in (<http://yann.lecun.com/exdb/mnist/>): a multidimensional
//! array of one type.
//!
//! | bytes | what |
//! | --- | --- |
//! | 2 | zero |
//! | 1 | type: 0x08 u8, 0x09 i8, 0x0B i16, 0x0C i32, 0x0D f32, 0x0E f64; bytes and f32 are read |
//! | 1 | number of dimensions |
//! | 4 each | their sizes, big-endian, the first varies slowest |
//! | the rest | values, big-endian |

use std::borrow::Cow;

#[cfg(feature = "data")]
use super::array::{Array, Element, Header, read_exactly};
use crate::data::{Column, Dataset, Preprocessing, Targets, Values};
use crate::memory::{copied, reserve};
use crate::{Error, Result, err};

const U8: u8 = 0x08;
const F32: u8 = 0x0D;

/// An array as a file holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Idx {
    /// Sizes of the dimensions; in a file of samples the first counts them.
    pub shape: Vec<usize>,
    /// The values in row-major order.
    pub values: Values,
}

/// Whether a file that begins so looks like one: two zeros, a type, and sizes that make its length.
#[cfg(feature = "data")]
pub(super) fn sniff(head: &[u8], len: u64) -> bool {
    let &[0, 0, kind, dimensions @ 1..=u8::MAX, ref sizes @ ..] = head else { return false };
    let value_bytes = match kind {
        U8 | 0x09 => 1,
        0x0B => 2,
        0x0C | F32 => 4,
        0x0E => 8,
        _ => return false,
    };
    let dimensions = usize::from(dimensions);
    let values = sizes.as_chunks::<4>().0.iter().take(dimensions);
    let bytes = values
        .map(|&size| u64::from(u32::from_be_bytes(size)))
        .try_fold(value_bytes, |product: u64, size| product.checked_mul(size));
    sizes.len() >= 4 * dimensions
        && bytes.and_then(|bytes| bytes.checked_add(4 + 4 * dimensions as u64)) == Some(len)
}

/// Small files for tests.
#[cfg(all(test, feature = "data"))]
pub(super) fn examples() -> Vec<Vec<u8>> {
    tests::examples().iter().map(|idx| write(idx).expect("it fits the format")).collect()
}

/// Reads an array. The bytes must be the whole file and nothing more, unpacked; where they are given
/// away, those of the values become the array's.
///
/// # Errors
/// `Format` if they are no such file, or not as long as their header says; `Unsupported` for types
/// other than u8 and f32.
pub fn read<'a>(bytes: impl Into<Cow<'a, [u8]>>) -> Result<Idx> {
    read_values(bytes.into())
}

fn read_values(bytes: Cow<'_, [u8]>) -> Result<Idx> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(err!(Format, "IDX: found a gzip file, expected it unpacked"));
    }
    let (header, rest) = bytes.split_first_chunk::<4>().ok_or_else(|| {
        err!(Format, "IDX: found {} bytes, expected a header of at least 8", bytes.len())
    })?;
    let [0, 0, kind, dimensions @ 1..=u8::MAX] = *header else {
        return Err(no_header(header));
    };
    let value_bytes = match kind {
        U8 => 1,
        F32 => 4,
        0x09 | 0x0B | 0x0C | 0x0E => {
            return Err(err!(
                Unsupported,
                "IDX: found values of type 0x{kind:02x}, expected 0x08 (u8) or 0x0d (f32)"
            ));
        }
        _ => {
            return Err(err!(
                Format,
                "IDX: found type 0x{kind:02x}, expected 0x08 (u8) or 0x0d (f32)"
            ));
        }
    };
    let dimensions = usize::from(dimensions);
    let (sizes, values) = rest.split_at_checked(4 * dimensions).ok_or_else(|| {
        err!(
            Format,
            "IDX: found {} bytes, expected a header of {} for {dimensions} dimensions",
            bytes.len(),
            4 + 4 * dimensions
        )
    })?;
    let shape: Vec<usize> =
        sizes.as_chunks().0.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    let expected =
        shape.iter().try_fold(value_bytes, |product: usize, &size| product.checked_mul(size));
    if expected != Some(values.len()) {
        return Err(err!(
            Format,
            "IDX: found {} bytes after the header, expected {} for the sizes {shape:?}",
            values.len(),
            expected.map_or("more than memory".to_owned(), |expected| expected.to_string())
        ));
    }
    let header = bytes.len() - values.len();
    let values = if kind == U8 {
        Values::U8(match bytes {
            Cow::Owned(mut bytes) => {
                bytes.drain(..header);
                bytes
            }
            Cow::Borrowed(bytes) => copied("IDX: the values", &bytes[header..])?,
        })
    } else {
        let mut numbers = reserve("IDX: the values", values.len() / 4)?;
        numbers.extend(values.as_chunks().0.iter().map(|&value| f32::from_be_bytes(value)));
        Values::F32(numbers)
    };
    Ok(Idx { shape, values })
}

/// Opens an array of `len` bytes, where that is known, to be read sample after sample; the reader
/// stands at its beginning. All types of numbers are read.
///
/// # Errors
/// `Format` if it is no such file, or not as long as its header says; `TooLarge` and `Data` for
/// impossible sizes.
#[cfg(feature = "data")]
pub fn open<R: std::io::Read>(mut reader: R, len: Option<u64>) -> Result<Array<R>> {
    let begin = read_exactly("IDX", &mut reader, 4)?;
    let &[0, 0, kind, dimensions @ 1..=u8::MAX] = begin.as_slice() else {
        return Err(no_header(&begin));
    };
    let element = match kind {
        U8 => Element::U8,
        0x09 => Element::I8,
        0x0B => Element::I16,
        0x0C => Element::I32,
        F32 => Element::F32,
        0x0E => Element::F64,
        _ => return Err(err!(Format, "IDX: found type 0x{kind:02x}, expected 0x08 to 0x0e")),
    };
    let sizes = read_exactly("IDX", &mut reader, 4 * usize::from(dimensions))?;
    let shape = sizes.as_chunks().0.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    let found = len.map(|len| len.saturating_sub(4 + sizes.len() as u64));
    Array::new("IDX", reader, Header { element, big_endian: true, fortran: false, shape }, found)
}

fn no_header(begin: &[u8]) -> Error {
    err!(
        Format,
        "IDX: the file begins with {begin:02x?}, expected two zeros, a type and a number of \
         dimensions"
    )
}

/// Writes an array.
///
/// # Errors
/// `Shape` if the values are not as many as the shape says, or it has no dimension or too many or
/// too large ones for the format.
pub fn write(idx: &Idx) -> Result<Vec<u8>> {
    let volume = idx.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let sizes: Option<Vec<u32>> = idx.shape.iter().map(|&size| u32::try_from(size).ok()).collect();
    let (Ok(dimensions @ 1..), Some(sizes), true) =
        (u8::try_from(idx.shape.len()), sizes, volume == Some(idx.values.len()))
    else {
        return Err(err!(
            Shape,
            "IDX: found {} values for the shape {:?}, expected their product, in 1 to 255 \
             dimensions below 2^32",
            idx.values.len(),
            idx.shape
        ));
    };
    let kind = match idx.values {
        Values::U8(_) => U8,
        Values::F32(_) => F32,
    };
    let mut bytes = vec![0, 0, kind, dimensions];
    bytes.extend(sizes.into_iter().flat_map(u32::to_be_bytes));
    match &idx.values {
        Values::U8(values) => bytes.extend_from_slice(values),
        Values::F32(values) => bytes.extend(values.iter().flat_map(|value| value.to_be_bytes())),
    }
    Ok(bytes)
}

/// Reads a dataset: samples along the first dimension of one file, their class numbers in another.
/// Samples of two dimensions are grey images, `[height, width, 1]`.
///
/// # Errors
/// What [`read`] and [`Dataset::new`] refuse; `Shape` if a file has other dimensions.
pub fn read_dataset<'a>(
    images: impl Into<Cow<'a, [u8]>>,
    labels: Option<&[u8]>,
    class_names: Vec<String>,
    preprocessing: Preprocessing,
) -> Result<Dataset> {
    let Idx { shape, values } = read(images)?;
    let sample_shape = match shape[1..] {
        [] => {
            return Err(err!(
                Shape,
                "images: found 1 dimension, expected at least 2; is this the file of the labels?"
            ));
        }
        [height, width] => vec![height, width, 1],
        ref shape => shape.to_vec(),
    };
    let targets = labels.map_or(Ok(Targets::None), read_labels)?;
    let column = Column::new(sample_shape, values)?;
    Dataset::new(vec![column], targets, class_names, preprocessing)
}

fn read_labels(bytes: &[u8]) -> Result<Targets> {
    let Idx { shape, values } = read(bytes)?;
    match values {
        Values::U8(labels) if shape.len() == 1 => {
            let mut classes = reserve("IDX: the labels", labels.len())?;
            classes.extend(labels.into_iter().map(u32::from));
            Ok(Targets::Classes(classes))
        }
        values => Err(err!(
            Shape,
            "labels: found {} of shape {shape:?}, expected bytes (u8) in 1 dimension; is this the \
             file of the images?",
            values.kind()
        )),
    }
}

#[cfg(test)]
mod tests;
