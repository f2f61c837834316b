//! Which pictures annotations are of.

use std::collections::BTreeMap;

use super::folders::key;
use super::labels::Names;
use super::names::{part_of_path, stem};
use super::{FileSample, Part};
use crate::Result;

/// Pictures by what annotations may call them.
pub(in crate::import) struct Pictures {
    by_path: BTreeMap<String, usize>,
    /// By path without ending and without folders that say nothing; `None` where several are called so.
    by_key: BTreeMap<String, Option<usize>>,
    all: Names,
    /// Those of each part, and of no part.
    of_parts: [Names; 3],
}

impl Pictures {
    /// These samples, of these paths.
    pub(in crate::import) fn new(samples: &[FileSample], paths: &[String]) -> Self {
        let mut by_key = BTreeMap::new();
        for (at, path) in paths.iter().enumerate() {
            by_key.entry(key(path)).and_modify(|found| *found = None).or_insert(Some(at));
        }
        let of_part = |part: Part| {
            let of = |sample: &FileSample| sample.part.is_none_or(|own| own == part);
            Names::of(samples.iter().enumerate().filter(|(_, sample)| of(sample)))
        };
        Self {
            by_path: paths.iter().enumerate().map(|(at, path)| (path.clone(), at)).collect(),
            by_key,
            all: Names::of(samples.iter().enumerate()),
            of_parts: [Part::Train, Part::Validation, Part::Test].map(of_part),
        }
    }

    /// The picture that a file of annotations of one picture is named after.
    pub(in crate::import) fn beside(&self, annotations: &str) -> Option<usize> {
        self.by_key.get(&key(annotations)).copied().flatten()
    }

    /// The picture that annotations name: beside their file, or of the part that its path says, or any.
    ///
    /// # Errors
    /// `Data` if the name fits several.
    pub(in crate::import) fn find(&self, annotations: &str, name: &str) -> Result<Option<usize>> {
        let folder = annotations.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        if let Some(&at) = self.by_path.get(&beside) {
            return Ok(Some(at));
        }
        match self.called(annotations, name)? {
            // Pictures may have been written anew in another format.
            None => self.called(annotations, without_ending(name)),
            found => Ok(found),
        }
    }

    /// The picture of this name, of the part that a path says, or any.
    fn called(&self, annotations: &str, name: &str) -> Result<Option<usize>> {
        if let Some(part) = part_of_path(annotations)
            && let Some(at) = self.of_parts[part as usize].find(name)?
        {
            return Ok(Some(at));
        }
        self.all.find(name)
    }
}

/// A path without the ending of its last name.
fn without_ending(path: &str) -> &str {
    let begin = path.rfind(['/', '\\']).map_or(0, |at| at + 1);
    &path[..begin + stem(&path[begin..]).len()]
}
