//! NPY, one array of numpy (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
//!
//! | bytes | what |
//! | --- | --- |
//! | 6 | `\x93NUMPY` |
//! | 2 | version: 1, 2 or 3, and a minor one |
//! | 2, or 4 from version 2 on | length of the header, little-endian |
//! | the header | a Python dictionary of `descr` (type), `fortran_order` and `shape` |
//! | the rest | values |

use std::io::Read;

use super::array::{Array, Element, Header, read_exactly};
use crate::{Result, err};

const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that is read; that of a plain array is shorter than 200 bytes.
const MOST_HEADER: usize = 1 << 16;

/// Whether a file begins as one.
pub(super) fn sniff(head: &[u8], _len: u64) -> bool {
    head.starts_with(MAGIC)
}

/// Opens the array of a file of `len` bytes, where that is known; the reader stands at its
/// beginning.
///
/// # Errors
/// `Format` for what is no such file, cut off, or not as long as its header says; `Unsupported` for
/// objects (which would have to be run), records, texts, dates and complex numbers; `Data` and
/// `TooLarge` for impossible shapes.
pub fn open<R: Read>(mut reader: R, len: Option<u64>) -> Result<Array<R>> {
    let (header, offset) = read_header(&mut reader)?;
    let found = len.map(|len| len.saturating_sub(offset));
    Array::new("NPY", reader, header, found)
}

/// The beginning of a file of an array in C's order; `descr` is numpy's name of the type.
pub(crate) fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // Magic number, version and length before it, a line end behind it: a multiple of 64.
    let len = (10 + header.len() + 1).next_multiple_of(64) - 10;
    header.extend(std::iter::repeat_n(' ', len - 1 - header.len()));
    header.push('\n');
    let mut bytes = [MAGIC, &[1, 0]].concat();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

/// Reads what a file says of its array, and how many bytes that took.
fn read_header(reader: &mut impl Read) -> Result<(Header, u64)> {
    let begin = read_exactly("NPY", reader, 8)?;
    if !begin.starts_with(MAGIC) {
        return Err(err!(Format, "NPY: it begins with {begin:02x?}, expected \\x93NUMPY"));
    }
    let size = match begin[6] {
        1 => 2,
        2 | 3 => 4,
        version => return Err(err!(Unsupported, "NPY: found version {version}, expected 1 to 3")),
    };
    let mut length = [0; 4];
    length[..size].copy_from_slice(&read_exactly("NPY", reader, size)?);
    let length = u32::from_le_bytes(length) as usize;
    if length > MOST_HEADER {
        return Err(err!(
            Format,
            "NPY: found a header of {length} bytes, expected at most {MOST_HEADER}"
        ));
    }
    let header = read_exactly("NPY", reader, length)?;
    let text = String::from_utf8_lossy(&header);
    let header = parse(&text).map_err(|error| {
        err!(Format, "NPY: the header is {:?}: {}", text.trim_end(), error.message())
    });
    let (descr, fortran, shape) = header?;
    let (element, big_endian) = element(&descr)?;
    Ok((Header { element, big_endian, fortran, shape }, (8 + size + length) as u64))
}

/// The type that numpy names so, and whether its bytes are in big-endian order.
fn element(descr: &str) -> Result<(Element, bool)> {
    let unsupported = |what: &str| {
        err!(
            Unsupported,
            "NPY: found {what} ({descr}), expected whole numbers, truth values, or floating-point \
             numbers of 16 to 64 bits"
        )
    };
    let (order, kind) = match descr.as_bytes() {
        [order @ (b'<' | b'>' | b'|' | b'='), kind @ ..] => (*order, kind),
        kind => (b'|', kind),
    };
    let element = match kind {
        b"b1" | b"?" => Element::Bool,
        b"i1" => Element::I8,
        b"u1" => Element::U8,
        b"i2" => Element::I16,
        b"u2" => Element::U16,
        b"i4" => Element::I32,
        b"u4" => Element::U32,
        b"i8" => Element::I64,
        b"u8" => Element::U64,
        b"f2" => Element::F16,
        b"f4" => Element::F32,
        b"f8" => Element::F64,
        [b'O', ..] => return Err(unsupported("Python objects")),
        [b'U' | b'S' | b'a', ..] => return Err(unsupported("texts")),
        [b'M' | b'm', ..] => return Err(unsupported("dates")),
        [b'c', ..] => return Err(unsupported("complex numbers")),
        [b'V' | b'[', ..] => return Err(unsupported("records")),
        _ => return Err(unsupported("another type")),
    };
    Ok((element, order == b'>'))
}

/// Type, order and shape from the dictionary.
fn parse(text: &str) -> Result<(String, bool, Vec<usize>)> {
    let mut rest = text.trim();
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    rest = after(rest, "{")?;
    while !rest.starts_with('}') {
        let (key, value) = quoted(rest)?;
        rest = after(value, ":")?;
        rest = match key {
            "descr" => {
                let (value, rest) = match rest.find(']') {
                    // Records: a list of their fields, which is refused by its bracket.
                    Some(_) if rest.starts_with('[') => {
                        let end = rest.rfind(']').unwrap_or_default() + 1;
                        rest.split_at(end)
                    }
                    _ => quoted(rest)?,
                };
                descr = Some(value.to_owned());
                rest
            }
            "fortran_order" => {
                let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                fortran = Some(match &rest[..end] {
                    "True" => true,
                    "False" => false,
                    found => {
                        return Err(err!(
                            Format,
                            "fortran_order is {found}, expected True or False"
                        ));
                    }
                });
                &rest[end..]
            }
            "shape" => {
                let (found, rest) = tuple(rest)?;
                shape = Some(found);
                rest
            }
            _ => return Err(err!(Format, "found the key {key:?}")),
        };
        rest = rest.trim_start();
        if !rest.starts_with('}') {
            rest = after(rest, ",")?;
        }
    }
    match (descr, fortran, shape) {
        (Some(descr), Some(fortran), Some(shape)) => Ok((descr, fortran, shape)),
        _ => Err(err!(Format, "expected descr, fortran_order and shape")),
    }
}

/// What follows this mark.
fn after<'a>(text: &'a str, mark: &str) -> Result<&'a str> {
    let rest = text.trim_start().strip_prefix(mark).map(str::trim_start);
    rest.ok_or_else(|| err!(Format, "expected {mark:?} before {:?}", begin(text)))
}

/// A text in quotes, and what follows it.
fn quoted(text: &str) -> Result<(&str, &str)> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
    quote
        .and_then(|quote| text[1..].split_once(quote))
        .ok_or_else(|| err!(Format, "expected a text in quotes at {:?}", begin(text)))
}

/// Whole numbers in parentheses, and what follows them.
fn tuple(text: &str) -> Result<(Vec<usize>, &str)> {
    let Some((numbers, rest)) = text.strip_prefix('(').and_then(|text| text.split_once(')')) else {
        return Err(err!(Format, "expected sizes in parentheses at {:?}", begin(text)));
    };
    let sizes = numbers.split(',').map(str::trim).filter(|size| !size.is_empty());
    let sizes = sizes.map(|size| {
        // Python 2 wrote an L behind long numbers.
        size.trim_end_matches('L')
            .parse()
            .map_err(|_| err!(Format, "found the size {size}, expected a whole number from 0 on"))
    });
    Ok((sizes.collect::<Result<_>>()?, rest))
}

/// The beginning of a text, for messages.
fn begin(text: &str) -> String {
    text.chars().take(20).collect()
}

/// Small files for tests.
#[cfg(test)]
pub(super) fn examples() -> Vec<Vec<u8>> {
    tests::FILES.iter().map(|(_, bytes)| bytes.to_vec()).collect()
}

#[cfg(test)]
mod tests;
