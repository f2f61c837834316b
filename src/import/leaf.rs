//! The files that an import has seen, in the order in which they came.

use std::collections::BTreeMap;

use super::options::Unreadable;
use crate::Error;
use crate::formats::Format;

/// A file, or one of an archive.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) path: String,
    /// The name of its format; empty if that is unknown.
    pub(super) format: &'static str,
}

/// What a file came to before an interruption.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) path: String,
    pub(super) format: String,
    /// Why it is left out, if it is no sample.
    pub(super) unreadable: Option<Unreadable>,
}

/// All files so far.
pub(super) struct Leaves {
    all: Vec<Leaf>,
    /// The file that each sample is.
    samples: Vec<u32>,
    unreadable: Vec<Unreadable>,
    known: BTreeMap<usize, Known>,
}

impl Leaves {
    pub(super) fn new(known: BTreeMap<usize, Known>) -> Self {
        Self { all: Vec::new(), samples: Vec::new(), unreadable: Vec::new(), known }
    }

    /// Counts the next file; returns its number.
    pub(super) fn begin(&mut self, path: &str, format: Option<&'static Format>) -> usize {
        let format = format.map_or("", |format| format.name);
        self.all.push(Leaf { path: path.into(), format });
        self.all.len() - 1
    }

    /// Counts the next file if it is known from before.
    pub(super) fn skip(&mut self, path: &str) -> bool {
        let number = self.all.len();
        if self.known.get(&number).is_none_or(|known| known.path != path) {
            return false;
        }
        let Some(known) = self.known.remove(&number) else { return false };
        let format = crate::formats::FORMATS.iter().find(|format| format.name == known.format);
        self.begin(path, format);
        match known.unreadable {
            Some(unreadable) => self.unreadable.push(unreadable),
            None => self.samples.push(number as u32),
        }
        true
    }

    pub(super) fn get(&self, leaf: usize) -> &Leaf {
        &self.all[leaf]
    }

    /// Notes that a file became the next sample.
    pub(super) fn is_sample(&mut self, leaf: usize) {
        self.samples.push(leaf as u32);
    }

    /// Notes why a file is left out.
    pub(super) fn refuse(&mut self, leaf: usize, error: &Error) -> &Unreadable {
        self.unreadable.push(Unreadable::new(&self.all[leaf].path, error));
        &self.unreadable[self.unreadable.len() - 1]
    }

    pub(super) fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// The paths of the samples.
    pub(super) fn sample_paths(&self) -> impl Iterator<Item = &str> {
        self.samples.iter().map(|&leaf| self.all[leaf as usize].path.as_str())
    }
}
