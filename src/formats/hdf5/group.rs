//! Groups: names that lead to objects.

use std::collections::BTreeMap;

use super::object::kind;
use super::{Cursor, Hdf5, Object, UNDEFINED};
use crate::{Result, err};

/// Names and addresses, no more than the file has room for.
struct Children<'a> {
    file: Hdf5<'a>,
    found: BTreeMap<String, u64>,
    /// Bytes of the file that have not been read for them.
    room: usize,
}

impl Object<'_> {
    /// The names of a group and the addresses that they lead to; nothing for an array.
    pub(super) fn children(&self) -> Result<BTreeMap<String, u64>> {
        let mut children =
            Children { file: self.file, found: BTreeMap::new(), room: self.file.bytes.len() };
        if let Some(body) = self.first(kind::LINK_INFO)? {
            children.refuse_heap(body)?;
        }
        for body in self.all(kind::LINK) {
            children.link(body?)?;
        }
        if let Some(body) = self.first(kind::SYMBOL_TABLE)? {
            let mut cursor = Cursor::new("a symbol table", body);
            let (tree, heap) = (cursor.u64()?, cursor.u64()?);
            let names = children.names(heap)?;
            children.tree(tree, names, None)?;
        }
        Ok(children.found)
    }

    /// The names of a group, in order; none for an array.
    ///
    /// # Errors
    /// `Format` where the group is damaged, `Unsupported` where it is written in another way.
    pub fn names(&self) -> Result<Vec<String>> {
        Ok(self.children()?.into_keys().collect())
    }
}

impl<'a> Children<'a> {
    /// Refuses a group whose links are in a heap.
    fn refuse_heap(&self, body: &[u8]) -> Result<()> {
        let mut cursor = Cursor::new("a link info", body);
        let (_, flags) = (cursor.u8()?, cursor.u8()?);
        cursor.take(if flags & 1 != 0 { 8 } else { 0 })?;
        if cursor.u64()? == UNDEFINED {
            return Ok(());
        }
        Err(err!(
            Unsupported,
            "HDF5: a group has its links in a fractal heap, expected a file in the earliest format, \
             which h5py writes by default"
        ))
    }

    fn link(&mut self, body: &'a [u8]) -> Result<()> {
        let mut cursor = Cursor::new("a link", body);
        let (_, flags) = (cursor.u8()?, cursor.u8()?);
        let is_hard = flags & 8 == 0 || cursor.u8()? == 0;
        cursor.take(if flags & 4 != 0 { 8 } else { 0 })?;
        cursor.take(if flags & 16 != 0 { 1 } else { 0 })?;
        let length = cursor.number(1 << (flags & 3))?;
        let name = cursor.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        if is_hard {
            let address = cursor.u64()?;
            self.add(name, address)?;
        }
        Ok(())
    }

    /// The texts of a local heap.
    fn names(&self, address: u64) -> Result<&'a [u8]> {
        let mut cursor = self.file.from("a local heap", address)?;
        cursor.expect(b"HEAP")?;
        cursor.take(4)?;
        let length = cursor.u64()?;
        cursor.take(8)?;
        let begin = cursor.u64()?;
        self.file.range("the texts of a local heap", begin, length)
    }

    /// Goes through a node of a tree; `level` is that it must have, where there is one above.
    fn tree(&mut self, address: u64, names: &'a [u8], level: Option<u8>) -> Result<()> {
        let mut cursor = self.file.from("a tree of names", address)?;
        cursor.expect(b"TREE")?;
        let (of, found) = (cursor.u8()?, cursor.u8()?);
        if of != 0 || level.is_some_and(|level| level != found) {
            return Err(err!(
                Format,
                "HDF5: a tree of names has a node of type {of} and level {found}, expected type 0 \
                 and level {}",
                level.unwrap_or_default()
            ));
        }
        let entries = usize::from(cursor.u16()?);
        self.take(24 + 16 * entries)?;
        cursor.take(16)?;
        for _ in 0..entries {
            cursor.take(8)?;
            let below = cursor.u64()?;
            match found.checked_sub(1) {
                Some(level) => self.tree(below, names, Some(level))?,
                None => self.entries(below, names)?,
            }
        }
        Ok(())
    }

    /// The entries of a leaf.
    fn entries(&mut self, address: u64, names: &'a [u8]) -> Result<()> {
        let mut cursor = self.file.from("a node of symbols", address)?;
        cursor.expect(b"SNOD")?;
        cursor.take(2)?;
        let entries = usize::from(cursor.u16()?);
        self.take(8 + 40 * entries)?;
        for _ in 0..entries {
            let (name, address, cached) = (cursor.u64()?, cursor.u64()?, cursor.u32()?);
            cursor.take(20)?;
            // Soft links.
            if cached == 2 {
                continue;
            }
            let name = usize::try_from(name).ok().and_then(|name| names.get(name..));
            let name = name.and_then(|name| name.split(|&byte| byte == 0).next());
            let name = name.ok_or_else(|| {
                err!(Format, "HDF5: a name lies beyond its heap of {} bytes", names.len())
            })?;
            self.add(name, address)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &[u8], address: u64) -> Result<()> {
        self.take(name.len())?;
        let name = str::from_utf8(name)
            .map_err(|_| err!(Format, "HDF5: the name \"{}\" is not UTF-8", name.escape_ascii()))?;
        self.found.insert(name.to_owned(), address);
        Ok(())
    }

    fn take(&mut self, bytes: usize) -> Result<()> {
        self.room = self.room.checked_sub(bytes).ok_or_else(|| {
            err!(Format, "HDF5: a group has more entries than there is room for in the file")
        })?;
        Ok(())
    }
}
