//! Attributes: texts that stand at an object.

use std::collections::BTreeMap;

use super::datatype::{Datatype, count, dataspace};
use super::object::kind;
use super::{Cursor, Hdf5, Object, UNDEFINED};
use crate::{Result, err};

/// An attribute's parts.
struct Attribute<'a> {
    name: &'a [u8],
    datatype: &'a [u8],
    dataspace: &'a [u8],
    data: &'a [u8],
}

impl<'a> Attribute<'a> {
    fn read(body: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new("an attribute", body);
        let (version, flags) = (cursor.u8()?, cursor.u8()?);
        let lengths = [cursor.u16()?, cursor.u16()?, cursor.u16()?].map(usize::from);
        match version {
            1 => {}
            2 | 3 if flags != 0 => {
                return Err(err!(
                    Unsupported,
                    "HDF5: the type of an attribute stands elsewhere in the file"
                ));
            }
            2 => {}
            3 => {
                cursor.take(1)?;
            }
            _ => {
                return Err(err!(
                    Unsupported,
                    "HDF5: found an attribute of version {version}, expected 1 to 3"
                ));
            }
        }
        let mut parts = [&body[..0]; 3];
        for (part, length) in parts.iter_mut().zip(lengths) {
            *part = cursor.take(length)?;
            if version == 1 {
                cursor.align(8)?;
            }
        }
        let [name, datatype, dataspace] = parts;
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        Ok(Self { name, datatype, dataspace, data: cursor.take(cursor.left())? })
    }
}

impl Object<'_> {
    /// The texts of an attribute, if it is there; an empty array of any type has none.
    ///
    /// # Errors
    /// `Format` where the file is damaged, `Unsupported` for values that are no texts, and for
    /// attributes that stand in a heap.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        for body in self.all(kind::ATTRIBUTE) {
            let attribute = Attribute::read(body?)?;
            if attribute.name == name.as_bytes() {
                return read(self.file, name, &attribute).map(Some);
            }
        }
        match self.first(kind::ATTRIBUTE_INFO)? {
            Some(body) => refuse_heap(body).map(|()| None),
            None => Ok(None),
        }
    }

    /// The one text of an attribute, if it is there.
    ///
    /// # Errors
    /// As [`texts`](Self::texts), and `Format` for several.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        let Some(texts) = self.texts(name)? else { return Ok(None) };
        let [text] = <[String; 1]>::try_from(texts).map_err(|texts| {
            err!(Format, "HDF5: attribute {name} has {} texts, expected 1", texts.len())
        })?;
        Ok(Some(text))
    }
}

fn refuse_heap(body: &[u8]) -> Result<()> {
    let mut cursor = Cursor::new("an attribute info", body);
    let (_, flags) = (cursor.u8()?, cursor.u8()?);
    cursor.take(if flags & 1 != 0 { 2 } else { 0 })?;
    if cursor.u64()? == UNDEFINED {
        return Ok(());
    }
    Err(err!(Unsupported, "HDF5: attributes are in a fractal heap, expected them at their object"))
}

fn read(file: Hdf5<'_>, name: &str, attribute: &Attribute<'_>) -> Result<Vec<String>> {
    let texts = count(&dataspace(attribute.dataspace)?)?;
    if texts == 0 {
        return Ok(Vec::new());
    }
    let datatype = Datatype::read(attribute.datatype)?;
    let size = datatype.bytes();
    let bytes = size.checked_mul(texts).and_then(|bytes| attribute.data.get(..bytes));
    let (Some(bytes), 1..) = (bytes, size) else {
        return Err(err!(
            Format,
            "HDF5: attribute {name} has {} bytes, expected {texts} values of {size}",
            attribute.data.len()
        ));
    };
    let values = bytes.chunks_exact(size);
    match datatype {
        Datatype::Text(_) => values.map(|value| text(name, value)).collect(),
        Datatype::HeapText => {
            let mut heap = Heap { file, collections: BTreeMap::new(), room: 2 * file.bytes.len() };
            values.map(|value| text(name, heap.get(value)?)).collect()
        }
        other => Err(err!(Unsupported, "HDF5: attribute {name} is {other:?}, expected texts")),
    }
}

/// A text up to the zeros that fill it.
fn text(name: &str, bytes: &[u8]) -> Result<String> {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let text = str::from_utf8(&bytes[..end]);
    let text = text.map_err(|_| err!(Format, "HDF5: attribute {name} is not UTF-8"))?;
    Ok(text.to_owned())
}

/// The global heap: collections of values by number.
struct Heap<'a> {
    file: Hdf5<'a>,
    /// By address, those that have been read.
    collections: BTreeMap<u64, BTreeMap<u16, &'a [u8]>>,
    /// Bytes that may still be read or given out: each of the file once for either.
    room: usize,
}

impl<'a> Heap<'a> {
    /// The value that a length, an address and a number lead to.
    fn get(&mut self, value: &[u8]) -> Result<&'a [u8]> {
        let mut cursor = Cursor::new("a text", value);
        let (length, address, number) = (cursor.u32()? as usize, cursor.u64()?, cursor.u32()?);
        if length == 0 {
            return Ok(&[]);
        }
        if !self.collections.contains_key(&address) {
            let collection = self.collection(address)?;
            self.collections.insert(address, collection);
        }
        let values = &self.collections[&address];
        let found = u16::try_from(number).ok().and_then(|number| values.get(&number));
        let found = found.and_then(|bytes| bytes.get(..length)).ok_or_else(|| {
            err!(Format, "HDF5: found no text {number} of {length} bytes in the heap at {address}")
        })?;
        self.take(length)?;
        Ok(found)
    }

    fn collection(&mut self, address: u64) -> Result<BTreeMap<u16, &'a [u8]>> {
        let mut cursor = self.file.from("a global heap", address)?;
        cursor.expect(b"GCOL")?;
        cursor.take(4)?;
        let length = cursor.u64()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        let mut cursor =
            Cursor::new("a global heap", self.file.range("a global heap", address, length)?);
        cursor.take(16)?;
        let mut values = BTreeMap::new();
        while cursor.left() >= 16 {
            let number = cursor.u16()?;
            cursor.take(6)?;
            let length = usize::try_from(cursor.u64()?).unwrap_or(usize::MAX);
            // Number 0 is what is free, to the end.
            if number == 0 {
                break;
            }
            values.insert(number, cursor.take(length)?);
            cursor.align(8)?;
        }
        Ok(values)
    }

    fn take(&mut self, bytes: usize) -> Result<()> {
        self.room = self.room.checked_sub(bytes).ok_or_else(|| {
            err!(Format, "HDF5: an attribute has more text than there is room for in the file")
        })?;
        Ok(())
    }
}
