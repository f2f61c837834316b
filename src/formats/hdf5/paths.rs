//! Many objects by their paths.

use std::collections::BTreeMap;

use super::{Hdf5, Object};
use crate::{Result, err};

/// Looks objects up, and reads each group once.
pub struct Paths<'a> {
    file: Hdf5<'a>,
    /// By address, the names of groups and the addresses that they lead to.
    groups: BTreeMap<u64, BTreeMap<String, u64>>,
    /// Bytes of the file that the groups do not yet take up: groups that share their names would be more
    /// than the file.
    room: usize,
}

impl<'a> Paths<'a> {
    /// Paths from the root on.
    #[must_use]
    pub fn new(file: Hdf5<'a>) -> Self {
        Self { file, groups: BTreeMap::new(), room: file.bytes.len() }
    }

    /// The object at a path of names with slashes between them, if it is there.
    ///
    /// # Errors
    /// `Format` where a group is damaged, `Unsupported` where it is written in another way.
    pub fn get(&mut self, path: &str) -> Result<Option<Object<'a>>> {
        let mut address = self.file.root;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if !self.groups.contains_key(&address) {
                let names = Object::at(self.file, address)?.children()?;
                let bytes = names.keys().map(|name| name.len() + 8).sum();
                self.room = self.room.checked_sub(bytes).ok_or_else(|| {
                    err!(Format, "HDF5: groups have more names than there is room for in the file")
                })?;
                self.groups.insert(address, names);
            }
            match self.groups[&address].get(name) {
                Some(&below) => address = below,
                None => return Ok(None),
            }
        }
        Object::at(self.file, address).map(Some)
    }
}
