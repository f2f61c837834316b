//! Objects: a header with messages that say what they are.

use super::{Cursor, Hdf5};
use crate::{Result, err};

/// Kinds of messages.
pub(super) mod kind {
    pub const DATASPACE: u16 = 0x01;
    pub const LINK_INFO: u16 = 0x02;
    pub const DATATYPE: u16 = 0x03;
    pub const LINK: u16 = 0x06;
    pub const LAYOUT: u16 = 0x08;
    pub const FILTERS: u16 = 0x0b;
    pub const ATTRIBUTE: u16 = 0x0c;
    pub const CONTINUATION: u16 = 0x10;
    pub const SYMBOL_TABLE: u16 = 0x11;
    pub const ATTRIBUTE_INFO: u16 = 0x15;
}

/// The flag of a message that stands elsewhere.
const SHARED: u8 = 2;

/// A group or an array.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    pub(super) file: Hdf5<'a>,
    messages: Vec<Message<'a>>,
}

#[derive(Clone, Debug)]
struct Message<'a> {
    kind: u16,
    flags: u8,
    body: &'a [u8],
}

/// How messages are written.
#[derive(Clone, Copy)]
enum Style {
    First,
    /// With the order in which they were made, or without.
    Second(bool),
}

impl Style {
    /// Bytes before the body of a message.
    fn head(self) -> usize {
        match self {
            Self::First => 8,
            Self::Second(ordered) => 4 + 2 * usize::from(ordered),
        }
    }
}

impl<'a> Object<'a> {
    /// Reads the header of the object at an address.
    ///
    /// # Errors
    /// `Format` where there is none or it is damaged, `Unsupported` for another version.
    pub(super) fn at(file: Hdf5<'a>, address: u64) -> Result<Self> {
        let mut object = Self { file, messages: Vec::new() };
        let mut cursor = file.from("an object header", address)?;
        let begin = cursor.clone().take(4)?;
        let (style, block) = if begin == b"OHDR" {
            cursor.take(4)?;
            let version = cursor.u8()?;
            if version != 2 {
                return Err(err!(
                    Unsupported,
                    "HDF5: found an object header of version {version}, expected 1 or 2"
                ));
            }
            let flags = cursor.u8()?;
            cursor.take(if flags & 0x20 != 0 { 16 } else { 0 })?;
            cursor.take(if flags & 0x10 != 0 { 4 } else { 0 })?;
            let length = cursor.number(1 << (flags & 3))?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            (Style::Second(flags & 4 != 0), cursor.take(length)?)
        } else if begin[0] == 1 {
            cursor.take(8)?;
            let length = cursor.u32()? as usize;
            cursor.align(8)?;
            (Style::First, cursor.take(length)?)
        } else {
            return Err(err!(
                Format,
                "HDF5: the object header at {address} begins with {begin:02x?}, expected version 1 \
                 or \"OHDR\""
            ));
        };
        object.read(style, block)?;
        Ok(object)
    }

    /// Reads the messages of a block and of those that it leads to.
    fn read(&mut self, style: Style, block: &'a [u8]) -> Result<()> {
        // Blocks that lead to each other, or to the same bytes again, would be more than the file.
        let mut room = self.file.bytes.len();
        let mut left = vec![block];
        while let Some(block) = left.pop() {
            room =
                room.checked_sub(block.len()).filter(|_| !block.is_empty()).ok_or_else(|| {
                    err!(Format, "HDF5: the blocks of an object header lead in a circle")
                })?;
            let mut cursor = Cursor::new("a message", block);
            // Less than a message has is what fills the block.
            while cursor.left() >= style.head() {
                let (kind, length, flags) = match style {
                    Style::First => {
                        let head = (cursor.u16()?, cursor.u16()?, cursor.u8()?);
                        cursor.take(3)?;
                        head
                    }
                    Style::Second(ordered) => {
                        let head = (u16::from(cursor.u8()?), cursor.u16()?, cursor.u8()?);
                        cursor.take(if ordered { 2 } else { 0 })?;
                        head
                    }
                };
                let body = cursor.take(usize::from(length))?;
                if kind == kind::CONTINUATION {
                    left.push(self.continuation(style, body)?);
                } else {
                    self.messages.push(Message { kind, flags, body });
                }
            }
        }
        Ok(())
    }

    /// The block that a continuation leads to.
    fn continuation(&self, style: Style, body: &[u8]) -> Result<&'a [u8]> {
        let mut cursor = Cursor::new("a continuation", body);
        let (address, length) = (cursor.u64()?, cursor.u64()?);
        let block = self.file.range("a continuation", address, length)?;
        match style {
            Style::First => Ok(block),
            Style::Second(_) => {
                let mut cursor = Cursor::new("a continuation", block);
                cursor.expect(b"OCHK")?;
                // A checksum comes last.
                cursor.take(cursor.left().saturating_sub(4))
            }
        }
    }

    /// The bodies of all messages of a kind.
    pub(super) fn all(&self, kind: u16) -> impl Iterator<Item = Result<&'a [u8]>> {
        self.messages.iter().filter(move |message| message.kind == kind).map(move |message| {
            if message.flags & SHARED == 0 {
                return Ok(message.body);
            }
            Err(err!(
                Unsupported,
                "HDF5: message {kind} stands elsewhere in the file, expected it in its object"
            ))
        })
    }

    /// The body of the first message of a kind.
    pub(super) fn first(&self, kind: u16) -> Result<Option<&'a [u8]>> {
        self.all(kind).next().transpose()
    }
}
