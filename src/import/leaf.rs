//! The files that an import has seen, in the order in which they came.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::File;
use super::placed::Placed;
use crate::Error;
use crate::data::report::{Impression, UnreadableFile};
use crate::formats::{EMPTY, FORMATS, Format, Kind, csv};

/// A file, or one of an archive.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) path: String,
    /// What it holds, if that is known and can be read.
    pub(super) format: Option<&'static Format>,
    /// Whether nothing is in it.
    blank: bool,
}

/// The format of a file, of which its name has the last word where its content leaves it open: a table that
/// has no rows, or ragged ones, reads like any text.
fn named(path: &str, format: &'static Format) -> &'static Format {
    let ending = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    let is_table = format.kind == Kind::Text && ["csv", "tsv", "tab"].contains(&ending.as_str());
    let table = || FORMATS.iter().find(|format| format.name == csv::NAME);
    if is_table { table().unwrap_or(format) } else { format }
}

/// What a file came to before an interruption.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) path: String,
    pub(super) format: String,
    /// Why it is left out, if it is no sample.
    pub(super) unreadable: Option<UnreadableFile>,
    /// What was seen of it, if its sample does not show that.
    pub(super) seen: Option<Impression>,
    /// Where its picture lies in its sample, if that is not to be seen from its size.
    pub(super) placed: Option<Placed>,
}

/// All files so far.
pub(super) struct Leaves {
    all: Vec<Leaf>,
    /// The file that each sample is.
    samples: Vec<u32>,
    unreadable: Vec<UnreadableFile>,
    known: BTreeMap<usize, Known>,
}

impl Leaves {
    pub(super) fn new(known: BTreeMap<usize, Known>) -> Self {
        Self { all: Vec::new(), samples: Vec::new(), unreadable: Vec::new(), known }
    }

    /// Counts the next file; returns its number.
    pub(super) fn begin(&mut self, path: &str, format: Option<&'static Format>) -> usize {
        let format = format.map(|format| named(path, format));
        self.all.push(Leaf { path: path.into(), format, blank: false });
        self.all.len() - 1
    }

    /// Counts the next file if it is known from before; what is known of it.
    pub(super) fn skip(&mut self, path: &str) -> Option<Known> {
        let number = self.all.len();
        if self.known.get(&number)?.path != path {
            return None;
        }
        let known = self.known.remove(&number)?;
        let format = FORMATS.iter().find(|format| format.name == known.format);
        self.begin(path, format);
        match &known.unreadable {
            Some(unreadable) => {
                self.all[number].format = None;
                self.all[number].blank = unreadable.message == EMPTY;
                self.unreadable.push(unreadable.clone());
            }
            None => self.samples.push(number as u32),
        }
        Some(known)
    }

    pub(super) fn get(&self, leaf: usize) -> &Leaf {
        &self.all[leaf]
    }

    /// Says what a file of an unknown format is.
    pub(super) fn is_of(&mut self, leaf: usize, kind: Kind) {
        self.all[leaf].format = FORMATS.iter().find(|format| format.kind == kind);
    }

    /// Notes that a file became the next sample.
    pub(super) fn is_sample(&mut self, leaf: usize) {
        self.samples.push(leaf as u32);
    }

    /// Says what a packed file holds; it has the name of that.
    pub(super) fn unpack(&mut self, leaf: usize, format: &'static Format) {
        let Leaf { path, format: known, .. } = &mut self.all[leaf];
        for ending in [".gz", ".gzip"] {
            if let Some(name) = path.strip_suffix(ending) {
                *path = name.into();
            }
        }
        *known = Some(named(path, format));
    }

    /// Notes why a file is left out.
    pub(super) fn refuse(&mut self, leaf: usize, error: &Error) -> &UnreadableFile {
        self.all[leaf].format = None;
        self.all[leaf].blank = error.message() == EMPTY;
        let (name, code) = (self.all[leaf].path.clone(), error.kind().code().into());
        self.unreadable.push(UnreadableFile { name, code, message: error.to_string() });
        &self.unreadable[self.unreadable.len() - 1]
    }

    /// Takes back that these files are left out: nothing is in them, and that says something.
    pub(super) fn forgive(&mut self, leaves: impl Iterator<Item = u32>) {
        let paths: BTreeSet<&str> =
            leaves.map(|leaf| self.all[leaf as usize].path.as_str()).collect();
        self.unreadable.retain(|unreadable| !paths.contains(unreadable.name.as_str()));
    }

    pub(super) fn unreadable(&self) -> &[UnreadableFile] {
        &self.unreadable
    }

    /// All files as a layout is made of them; those that are left out have no format.
    pub(super) fn files(&self) -> Vec<File> {
        let file = |leaf: &Leaf| {
            let Leaf { path, format, blank } = leaf.clone();
            File { path, format, blank }
        };
        self.all.iter().map(file).collect()
    }

    /// The sample that each file became, by the file's number.
    pub(super) fn samples(&self) -> BTreeMap<usize, usize> {
        self.samples.iter().enumerate().map(|(sample, &leaf)| (leaf as usize, sample)).collect()
    }

    /// How many samples are files of their own.
    pub(super) fn sample_count(&self) -> usize {
        self.samples.len()
    }
}
