//! HDF5, a tree of groups and arrays (<https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html>):
//! what Keras writes by h5py, for reading.
//!
//! | part | what is read |
//! | --- | --- |
//! | superblock | versions 0 to 3 at the file's beginning, addresses and lengths of 8 bytes |
//! | object headers | versions 1 and 2 with continuations, no shared messages |
//! | groups | symbol tables (B-tree 1, local heap) and links in the header |
//! | attributes | in the header: texts of fixed and of variable length (global heap) |
//! | arrays | compact, contiguous, and chunked by a B-tree 1, the chunks plain, shuffled or by deflate |
//! | numbers | integers of 8 to 64 bits, floating point of 16 to 64 and bfloat16, in either byte order |
//!
//! Links and attributes in a fractal heap, which only groups of newer files have, are refused by name; so
//! are soft links, which lead nowhere here.
//!
//! A file is not trusted: every address is looked up within the bytes, trees grow shallower with each step,
//! and nothing is allocated that the size of the file does not justify.

mod attribute;
mod chunks;
mod cursor;
mod dataset;
mod datatype;
mod group;
mod object;
mod paths;
#[cfg(test)]
pub(crate) mod tests;

use self::cursor::Cursor;
pub use self::object::Object;
pub use self::paths::Paths;
use crate::{Result, err};

const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";

/// An address that leads nowhere.
const UNDEFINED: u64 = u64::MAX;

/// An array of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Its sizes; none for a single number.
    pub shape: Vec<usize>,
    /// In row-major order.
    pub values: Vec<f32>,
}

/// A file whose superblock has been read.
#[derive(Clone, Copy, Debug)]
pub struct Hdf5<'a> {
    bytes: &'a [u8],
    root: u64,
}

/// Whether a file begins as one.
#[must_use]
pub fn sniff(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

impl<'a> Hdf5<'a> {
    /// Reads the superblock.
    ///
    /// # Errors
    /// `Format` for what is no such file, `Unsupported` for another version.
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        if !sniff(bytes) {
            let head = &bytes[..bytes.len().min(8)];
            return Err(err!(Format, "HDF5: it begins with {head:02x?}, expected {MAGIC:02x?}"));
        }
        let mut cursor = Cursor::new("the superblock", &bytes[MAGIC.len()..]);
        let version = cursor.u8()?;
        let sizes = match version {
            0 | 1 => {
                cursor.take(4)?;
                [cursor.u8()?, cursor.u8()?]
            }
            2 | 3 => [cursor.u8()?, cursor.u8()?],
            _ => {
                return Err(err!(
                    Unsupported,
                    "HDF5: found a superblock of version {version}, expected 0 to 3"
                ));
            }
        };
        if sizes != [8, 8] {
            return Err(err!(
                Unsupported,
                "HDF5: found addresses and lengths of {sizes:?} bytes, expected 8"
            ));
        }
        // What follows: sizes of tree nodes and flags, four addresses, the name of the root's entry.
        match version {
            0 => cursor.take(1 + 4 + 4 + 8 * 4 + 8)?,
            1 => cursor.take(1 + 4 + 4 + 4 + 8 * 4 + 8)?,
            _ => cursor.take(1 + 8 * 3)?,
        };
        Ok(Self { bytes, root: cursor.u64()? })
    }

    /// The group that holds all others.
    ///
    /// # Errors
    /// As [`Object::at`].
    pub fn root(&self) -> Result<Object<'a>> {
        Object::at(*self, self.root)
    }

    /// The file from an address on.
    fn from(&self, what: &'static str, address: u64) -> Result<Cursor<'a>> {
        let rest = usize::try_from(address).ok().and_then(|at| self.bytes.get(at..));
        let rest = rest.ok_or_else(|| {
            err!(
                Format,
                "HDF5: {what} is at {address}, expected a place in the {} bytes of the file",
                self.bytes.len()
            )
        })?;
        Ok(Cursor::new(what, rest))
    }

    /// So many bytes at an address.
    fn range(&self, what: &'static str, address: u64, length: u64) -> Result<&'a [u8]> {
        let mut cursor = self.from(what, address)?;
        cursor.take(usize::try_from(length).unwrap_or(usize::MAX))
    }
}

/// Reads all that a file has, as far as it can be read: for fuzzing.
#[cfg(any(test, fuzzing))]
pub(crate) fn check(bytes: &[u8]) {
    let Ok(file) = Hdf5::open(bytes) else { return };
    let mut left = vec![file.root];
    // Hard links may lead in a circle.
    let mut steps = 1000;
    while let (Some(address), 1..) = (left.pop(), steps) {
        steps -= 1;
        let Ok(object) = Object::at(file, address) else { continue };
        for name in ["model_config", "layer_names", "weight_names", "keras_version"] {
            drop(object.texts(name));
        }
        drop(object.numbers());
        left.extend(object.children().unwrap_or_default().into_values());
    }
}
