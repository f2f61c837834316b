//! Thrift's compact protocol, as far as Parquet's headers need it.

use crate::{Result, err};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(u8);

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// How deep what is not known may be nested.
const DEEPEST: u32 = 32;

/// Bytes that are read one after the other.
#[derive(Clone, Debug)]
pub(super) struct Thrift<'a> {
    bytes: &'a [u8],
    len: usize,
}

fn cut() -> crate::Error {
    err!(Format, "Parquet: a header ends before what it announces")
}

fn unlike() -> crate::Error {
    err!(Format, "Parquet: a header has a field of another type than expected")
}

impl<'a> Thrift<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, len: bytes.len() }
    }

    /// How many bytes were read.
    pub fn position(&self) -> usize {
        self.len - self.bytes.len()
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or_else(cut)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn varint(&mut self) -> Result<u64> {
        let (value, used) = varint(self.bytes).ok_or_else(cut)?;
        self.bytes = &self.bytes[used..];
        Ok(value)
    }

    fn zigzag(&mut self) -> Result<i64> {
        self.varint().map(zigzag)
    }

    /// Reads a structure; fields that `read` says it did not take are passed over.
    pub fn fields(
        &mut self,
        mut read: impl FnMut(i64, Kind, &mut Self) -> Result<bool>,
    ) -> Result<()> {
        let mut id = 0_i64;
        loop {
            let header = self.byte()?;
            let kind = Kind(header & 15);
            if kind.0 == 0 {
                return Ok(());
            }
            id = match header >> 4 {
                0 => self.zigzag()?,
                step => id.wrapping_add(step.into()),
            };
            if !read(id, kind, self)? {
                self.skip(kind, DEEPEST)?;
            }
        }
    }

    /// Reads a list, element by element.
    pub fn list(
        &mut self,
        kind: Kind,
        mut read: impl FnMut(Kind, &mut Self) -> Result<()>,
    ) -> Result<()> {
        if !matches!(kind.0, LIST | SET) {
            return Err(unlike());
        }
        let (count, kind) = self.list_header()?;
        (0..count).try_for_each(|_| read(kind, self))
    }

    fn list_header(&mut self) -> Result<(usize, Kind)> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => self.varint()?,
            count => count.into(),
        };
        // Each element takes a byte or more.
        let count = usize::try_from(count).ok().filter(|&count| count <= self.bytes.len());
        Ok((count.ok_or_else(cut)?, Kind(header & 15)))
    }

    /// A whole number.
    pub fn integer(&mut self, kind: Kind) -> Result<i64> {
        match kind.0 {
            BYTE => Ok(i64::from(self.byte()?.cast_signed())),
            4..=6 => self.zigzag(),
            _ => Err(unlike()),
        }
    }

    /// True or false, which the field's type says.
    pub fn boolean(&mut self, kind: Kind) -> Result<bool> {
        match kind.0 {
            TRUE => Ok(true),
            FALSE => Ok(false),
            _ => Err(unlike()),
        }
    }

    /// Bytes.
    pub fn binary(&mut self, kind: Kind) -> Result<&'a [u8]> {
        if kind.0 != BINARY {
            return Err(unlike());
        }
        let len = usize::try_from(self.varint()?).map_err(|_| cut())?;
        self.take(len)
    }

    /// A structure, as [`fields`](Self::fields).
    pub fn structure(
        &mut self,
        kind: Kind,
        read: impl FnMut(i64, Kind, &mut Self) -> Result<bool>,
    ) -> Result<()> {
        if kind.0 != STRUCT {
            return Err(unlike());
        }
        self.fields(read)
    }

    fn skip(&mut self, kind: Kind, deepest: u32) -> Result<()> {
        let deeper = deepest.checked_sub(1);
        let deeper =
            deeper.ok_or_else(|| err!(Format, "Parquet: a header is nested too deeply"))?;
        match kind.0 {
            TRUE | FALSE => {}
            BYTE => _ = self.byte()?,
            4..=6 => _ = self.varint()?,
            DOUBLE => _ = self.take(8)?,
            BINARY => _ = self.binary(kind)?,
            LIST | SET => {
                let (count, kind) = self.list_header()?;
                for _ in 0..count {
                    self.skip_element(kind, deeper)?;
                }
            }
            MAP => {
                let count = self.varint()?;
                if count > 0 {
                    let kinds = self.byte()?;
                    for _ in 0..count {
                        self.skip_element(Kind(kinds >> 4), deeper)?;
                        self.skip_element(Kind(kinds & 15), deeper)?;
                    }
                }
            }
            STRUCT => loop {
                let header = self.byte()?;
                if header & 15 == 0 {
                    break;
                }
                if header >> 4 == 0 {
                    self.varint()?;
                }
                self.skip(Kind(header & 15), deeper)?;
            },
            other => return Err(err!(Format, "Parquet: a header has a field of type {other}")),
        }
        Ok(())
    }

    /// In lists truth takes a byte.
    fn skip_element(&mut self, kind: Kind, deepest: u32) -> Result<()> {
        match kind.0 {
            TRUE | FALSE => self.byte().map(drop),
            _ => self.skip(kind, deepest),
        }
    }
}

/// A number of seven bits a byte at the beginning, and the bytes that it takes.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 127) << (7 * at).min(63);
        if byte < 128 {
            return Some((value, at + 1));
        }
    }
    None
}

/// The number whose sign is its lowest bit.
pub(super) fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}
