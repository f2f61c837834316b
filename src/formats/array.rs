//! Arrays of numbers, read sample after sample whatever file holds them.
//!
//! Samples lie along the first dimension. Bytes and truth values stay bytes, all other numbers
//! become f32.

use std::io::Read;

use super::archive::Limits;
use super::source::from_io;
use crate::data::Values;
use crate::{Result, err};

/// A type of numbers in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// A byte that is not zero for true.
    Bool,
    /// 8 bits with a sign.
    I8,
    /// A byte.
    U8,
    /// 16 bits with a sign.
    I16,
    /// 16 bits.
    U16,
    /// 32 bits with a sign.
    I32,
    /// 32 bits.
    U32,
    /// 64 bits with a sign.
    I64,
    /// 64 bits.
    U64,
    /// IEEE 754 of half precision.
    F16,
    /// IEEE 754 of single precision.
    F32,
    /// IEEE 754 of double precision.
    F64,
}

impl Element {
    /// Bytes of a number.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }
}

/// What a file says of its array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type of the numbers.
    pub element: Element,
    /// Whether the first byte of a number is the most significant one.
    pub big_endian: bool,
    /// Whether the first dimension varies fastest (Fortran's order) instead of slowest.
    pub fortran: bool,
    /// Sizes of the dimensions; the first counts samples.
    pub shape: Vec<usize>,
}

impl Header {
    /// Bytes of all numbers, if they can be counted.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        let element = self.element.bytes() as u64;
        self.shape.iter().try_fold(element, |product, &size| product.checked_mul(size as u64))
    }
}

/// An array that is read sample after sample.
#[derive(Debug)]
pub struct Array<R> {
    /// The name of the format, for messages.
    what: &'static str,
    reader: R,
    header: Header,
    samples: usize,
    /// Numbers of a sample.
    width: usize,
    done: usize,
    /// All numbers, where they had to be read at once to be put in order.
    whole: Option<Vec<u8>>,
}

impl<R: Read> Array<R> {
    /// An array whose numbers the reader gives, and nothing after them. `found` is the number of
    /// bytes that are there, where it is known.
    ///
    /// # Errors
    /// `Format` if the numbers are not as many bytes as are there, `Data` for samples without any
    /// number, `TooLarge` for more than can be counted.
    pub(super) fn new(
        what: &'static str,
        reader: R,
        header: Header,
        found: Option<u64>,
    ) -> Result<Self> {
        let shape = &header.shape;
        let (samples, sizes) = match shape.split_first() {
            Some((&samples, sizes)) => (samples, sizes),
            None => (1, &[][..]),
        };
        if samples > 0 && sizes.contains(&0) {
            return Err(err!(
                Data,
                "{what}: found the shape {shape:?}, in which samples are empty"
            ));
        }
        let width = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let bytes = header.bytes().filter(|&bytes| isize::try_from(bytes).is_ok());
        let (Some(width), Some(bytes)) = (width, bytes) else {
            return Err(err!(TooLarge, "{what}: the shape {shape:?} has more values than memory"));
        };
        if found.is_some_and(|found| found != bytes) {
            return Err(err!(
                Format,
                "{what}: found {} bytes after the header, expected {bytes} for the shape {shape:?}",
                found.unwrap_or_default()
            ));
        }
        Ok(Self { what, reader, header, samples, width, done: 0, whole: None })
    }

    /// The same, whatever it is read from.
    pub fn boxed<'a>(self) -> Array<Box<dyn Read + Send + 'a>>
    where
        R: Send + 'a,
    {
        let Self { what, reader, header, samples, width, done, whole } = self;
        Array { what, reader: Box::new(reader), header, samples, width, done, whole }
    }

    /// What the file says of the array.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many samples there are.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Shape of a sample.
    pub fn sample_shape(&self) -> &[usize] {
        self.header.shape.get(1..).unwrap_or_default()
    }

    /// How many samples have been read.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Up to so many further samples, each in row-major order; `None` after the last.
    ///
    /// # Errors
    /// `Format` where the file ends too early or goes on, `TooLarge` where there is no memory for
    /// the samples, or all have to be read at once (Fortran's order) and are more than 1 GiB.
    pub fn next(&mut self, samples: usize) -> Result<Option<Values>> {
        let Header { element, big_endian, .. } = self.header;
        let Some(bytes) = self.next_bytes(samples)? else { return Ok(None) };
        Ok(Some(match element {
            Element::U8 => Values::U8(bytes),
            Element::Bool => {
                Values::U8(bytes.into_iter().map(|byte| u8::from(byte != 0)).collect())
            }
            _ => Values::F32(singles(element, big_endian, &bytes)),
        }))
    }

    /// The classes of up to so many further samples; `None` after the last. A class is one whole
    /// number, or a row of zeros with a single one (one-hot).
    ///
    /// # Errors
    /// As [`next`](Self::next), and `Data` for what is no class, with its sample.
    pub fn next_classes(&mut self, samples: usize) -> Result<Option<Vec<u32>>> {
        let Header { element, big_endian, .. } = self.header;
        let first = self.done;
        let Some(bytes) = self.next_bytes(samples)? else { return Ok(None) };
        let numbers = doubles(element, big_endian, &bytes);
        let classes = (first..).zip(numbers.chunks_exact(self.width)).map(|(sample, numbers)| {
            class_of(numbers).ok_or_else(|| {
                let start = &numbers[..numbers.len().min(8)];
                err!(
                    Data,
                    "{}: sample {sample} is {start:?}, expected a class: a whole number from 0 on, \
                     or zeros and a single one",
                    self.what
                )
            })
        });
        classes.collect::<Result<_>>().map(Some)
    }

    /// The bytes of up to so many further samples, in row-major order.
    fn next_bytes(&mut self, samples: usize) -> Result<Option<Vec<u8>>> {
        let samples = samples.clamp(1, self.samples.saturating_sub(self.done).max(1));
        if self.done >= self.samples {
            return Ok(None);
        }
        // Whoever made the header found that the bytes of all samples can be counted.
        let sample_bytes = self.width * self.header.element.bytes();
        let bytes = if self.header.fortran && self.header.shape.len() > 1 {
            self.turn(samples)?
        } else {
            read_exactly(self.what, &mut self.reader, samples * sample_bytes)?
        };
        self.done += samples;
        if self.done == self.samples {
            self.expect_end()?;
        }
        Ok(Some(bytes))
    }

    /// The next samples of an array in which the first dimension varies fastest.
    fn turn(&mut self, samples: usize) -> Result<Vec<u8>> {
        let Header { element, shape, .. } = &self.header;
        let element = element.bytes();
        let all = self.samples * self.width * element;
        if all as u64 > Limits::default().entry_bytes {
            let most = Limits::default().entry_bytes;
            return Err(err!(
                TooLarge,
                "{}: found {all} bytes in Fortran's order, expected at most {most}, or C's order",
                self.what
            ));
        }
        let whole = match self.whole.take() {
            Some(whole) => whole,
            None => read_exactly(self.what, &mut self.reader, all)?,
        };
        let mut strides = vec![1; shape.len()];
        for at in 1..shape.len() {
            strides[at] = strides[at - 1] * shape[at - 1];
        }
        let mut turned = crate::memory::reserve("samples", samples * self.width * element)?;
        let mut place = vec![0; shape.len()];
        for sample in self.done..self.done + samples {
            place.fill(0);
            for _ in 0..self.width {
                let at: usize = place.iter().zip(&strides).map(|(&at, stride)| at * stride).sum();
                let begin = (at + sample) * element;
                turned.extend_from_slice(&whole[begin..begin + element]);
                for dimension in (1..shape.len()).rev() {
                    place[dimension] += 1;
                    if place[dimension] < shape[dimension] {
                        break;
                    }
                    place[dimension] = 0;
                }
            }
        }
        self.whole = Some(whole);
        Ok(turned)
    }

    /// Refuses what comes after the last sample. Reading on is also what checks a checksum.
    fn expect_end(&mut self) -> Result<()> {
        let mut more = Vec::new();
        let read = (&mut self.reader).take(1).read_to_end(&mut more);
        read.map_err(|error| from_io(self.what, error))?;
        if more.is_empty() {
            return Ok(());
        }
        let shape = &self.header.shape;
        Err(err!(Format, "{}: the file goes on after the values of shape {shape:?}", self.what))
    }
}

/// Reads so many bytes; memory grows with what is there, not with what is said.
pub(super) fn read_exactly(what: &str, reader: &mut impl Read, size: usize) -> Result<Vec<u8>> {
    let mut bytes = crate::memory::reserve("what a file holds", size.min(1 << 20))?;
    let found = reader.take(size as u64).read_to_end(&mut bytes);
    let found = found.map_err(|error| from_io(what, error))?;
    if found != size {
        return Err(err!(Format, "{what}: found {found} bytes, expected {size}: it is cut off"));
    }
    Ok(bytes)
}

/// Reads all samples of an array and keeps none: says whether that can be done.
pub(super) fn check(mut array: Array<impl Read>) -> Result<()> {
    let samples = (1 << 20) / array.width.max(1);
    while array.next(samples)?.is_some() {}
    Ok(())
}

/// The class that numbers stand for.
fn class_of(numbers: &[f64]) -> Option<u32> {
    if let [number] = *numbers {
        let class = number as u32;
        return (f64::from(class) == number).then_some(class);
    }
    let is_bit = |number: &f64| *number == 0.0 || *number == 1.0;
    let mut ones = (0..).zip(numbers).filter(|(_, number)| **number == 1.0);
    let (class, _) = ones.next()?;
    (numbers.iter().all(is_bit) && ones.next().is_none()).then_some(class)
}

/// The numbers of N bytes.
fn each<const N: usize, T>(bytes: &[u8], big_endian: bool, read: fn([u8; N]) -> T) -> Vec<T> {
    let number = |&(mut bytes): &[u8; N]| {
        if big_endian {
            bytes.reverse();
        }
        read(bytes)
    };
    bytes.as_chunks::<N>().0.iter().map(number).collect()
}

/// Writes a function that makes numbers of one type of those of any.
macro_rules! numbers {
    ($(#[$doc:meta])* $name:ident -> $to:ty) => {
        $(#[$doc])*
        pub(crate) fn $name(element: Element, big_endian: bool, bytes: &[u8]) -> Vec<$to> {
            match element {
                Element::Bool => bytes.iter().map(|&byte| u8::from(byte != 0) as $to).collect(),
                Element::U8 => bytes.iter().map(|&byte| byte as $to).collect(),
                Element::I8 => each(bytes, big_endian, |bytes| i8::from_le_bytes(bytes) as $to),
                Element::I16 => each(bytes, big_endian, |bytes| i16::from_le_bytes(bytes) as $to),
                Element::U16 => each(bytes, big_endian, |bytes| u16::from_le_bytes(bytes) as $to),
                Element::I32 => each(bytes, big_endian, |bytes| i32::from_le_bytes(bytes) as $to),
                Element::U32 => each(bytes, big_endian, |bytes| u32::from_le_bytes(bytes) as $to),
                Element::I64 => each(bytes, big_endian, |bytes| i64::from_le_bytes(bytes) as $to),
                Element::U64 => each(bytes, big_endian, |bytes| u64::from_le_bytes(bytes) as $to),
                Element::F16 => each(bytes, big_endian, |bytes| half(bytes) as $to),
                Element::F32 => each(bytes, big_endian, |bytes| f32::from_le_bytes(bytes) as $to),
                Element::F64 => each(bytes, big_endian, |bytes| f64::from_le_bytes(bytes) as $to),
            }
        }
    };
}

numbers!(
    /// As f32, the nearest.
    singles -> f32
);
numbers!(
    /// As f64, the nearest.
    doubles -> f64
);

/// A number of half precision: a sign, 5 bits of exponent, 10 of mantissa.
pub(crate) fn half(bytes: [u8; 2]) -> f32 {
    let bits = u32::from(u16::from_le_bytes(bytes));
    let (sign, exponent, mantissa) = (bits >> 15 << 31, bits >> 10 & 31, bits & 1023);
    match exponent {
        // Subnormal ones are multiples of 2^-24.
        0 => f32::from_bits(sign | (mantissa as f32 * (1.0 / (1 << 24) as f32)).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | mantissa << 13),
        _ => f32::from_bits(sign | (exponent + 127 - 15) << 23 | mantissa << 13),
    }
}

#[cfg(test)]
mod tests;
