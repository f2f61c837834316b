//! Which samples belong together, such as those of one person: by a column, or by where files lie and how
//! they are named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Import;
use super::options::Options;
use crate::data::report::Cell;
use crate::formats::records::Sink;
use crate::{Result, err};

/// What says which samples belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(untagged, rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum GroupBy {
    /// Of a table, the column of this name.
    Column(String),
    /// The name of a folder that a file lies in.
    Folder {
        /// How many folders above the one that the file itself is in, which is 0.
        folder: u32,
    },
    /// A part of a file's name.
    NamePart {
        /// Which, from 0: parts are what stands between `_`, `-`, `.` and spaces, without the ending.
        name_part: u32,
    },
}

/// Numbers of groups, in the order in which they come.
#[derive(Debug, Default)]
pub(super) struct Groups {
    by: Option<GroupBy>,
    numbers: BTreeMap<String, u32>,
    count: u32,
}

impl Groups {
    /// No groups yet.
    pub(super) fn new(options: &Options) -> Self {
        Self { by: options.group.clone(), ..Self::default() }
    }

    /// The column that says them, if one does.
    pub(super) fn column(&self) -> Option<&str> {
        match &self.by {
            Some(GroupBy::Column(name)) => Some(name),
            _ => None,
        }
    }

    /// The group of a file; nothing where nobody asked for groups. One whose path has no such part is a
    /// group by itself.
    ///
    /// # Errors
    /// `Argument` where a column says the groups.
    pub(super) fn of_path(&mut self, path: &str) -> Result<Option<u32>> {
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        let found = match &self.by {
            None => return Ok(None),
            Some(GroupBy::Column(name)) => {
                return Err(err!(
                    Argument,
                    "group is column \"{name}\", expected a folder or a part of the name for files that \
                     are no tables"
                ));
            }
            // The same name in another place is another folder.
            Some(GroupBy::Folder { folder }) => {
                let mut above = Some(folders).filter(|folders| !folders.is_empty());
                for _ in 0..*folder {
                    above = above.and_then(|path| path.rsplit_once('/')).map(|(above, _)| above);
                }
                above
            }
            Some(GroupBy::NamePart { name_part }) => {
                let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
                let mut parts = stem.split(['_', '-', '.', ' ']).filter(|part| !part.is_empty());
                parts.nth(*name_part as usize)
            }
        };
        Ok(Some(self.number(found.map(str::to_owned))))
    }

    /// The group of a row, by its cell in the column that says the groups. A missing one is a group by
    /// itself.
    pub(super) fn of_cell(&mut self, cell: Cell) -> u32 {
        self.number(match cell {
            Cell::Missing => None,
            Cell::Number(number) => Some(number.to_string()),
            Cell::Text(text) => Some(text.to_owned()),
        })
    }

    fn number(&mut self, name: Option<String>) -> u32 {
        let next = self.count;
        let number = match name {
            Some(name) => *self.numbers.entry(name).or_insert(next),
            None => next,
        };
        self.count += u32::from(number == next);
        number
    }
}

impl<S: Sink> Import<S> {
    /// The group of each picture, by the number of its record.
    pub(super) fn groups(&self) -> Result<Vec<Option<u32>>> {
        let mut groups = Groups::new(&self.options);
        let mut of = vec![None; self.leaves.sample_count()];
        for (file, record) in self.leaves.samples() {
            of[record] = groups.of_path(&self.leaves.get(file).path)?;
        }
        Ok(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn groups(by: &str) -> Groups {
        Groups { by: Some(serde_json::from_str(by).unwrap()), ..Groups::default() }
    }

    #[test]
    fn paths_say_groups_by_folders_and_names() {
        let of = |by: &str, paths: &[&str]| {
            let mut groups = groups(by);
            paths.iter().map(|path| groups.of_path(path).unwrap().unwrap()).collect::<Vec<_>>()
        };
        let paths =
            ["a/x/1_ann_2.wav", "a/y/1-bob.3.wav", "b/x/9 ann.wav", "2_bob.wav", "0.wav", "7.wav"];
        assert_eq!(of(r#"{"namePart": 1}"#, &paths), [0, 1, 0, 1, 2, 3]);
        assert_eq!(of(r#"{"namePart": 0}"#, &paths), [0, 0, 1, 2, 3, 4]);
        // What lies in no folder is by itself, and folders of one name in two places are two.
        assert_eq!(of(r#"{"folder": 0}"#, &paths), [0, 1, 2, 3, 4, 5]);
        assert_eq!(of(r#"{"folder": 1}"#, &paths), [0, 0, 1, 2, 3, 4]);
        assert_eq!(Groups::default().of_path("a/b").unwrap(), None);
        let error = groups(r#""patient""#).of_path("a/b").unwrap_err();
        assert!(error.message().starts_with("group is column \"patient\""), "{error}");
        for wrong in [r#"{"folder": -1}"#, r#"{"part": 1}"#, r#"{"folder": 1, "namePart": 1}"#, "7"]
        {
            assert!(serde_json::from_str::<GroupBy>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cells_say_groups_by_their_values() {
        let mut groups = groups(r#""patient""#);
        assert_eq!(groups.column(), Some("patient"));
        let cells = [
            Cell::Number(1.5),
            Cell::Text("b"),
            Cell::Missing,
            Cell::Number(1.5),
            Cell::Missing,
            Cell::Text("b"),
        ];
        assert_eq!(cells.map(|cell| groups.of_cell(cell)), [0, 1, 2, 0, 3, 1]);
    }
}
