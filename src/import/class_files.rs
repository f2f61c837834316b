//! Files that are each of one class, or of none: read in their order, as often as it takes.

use std::collections::VecDeque;

use super::Kept;
use super::arrange::numbered;
use super::options::Options;
use crate::data::Part;
use crate::formats::source::{Shared, Source};
use crate::{Error, Result};

/// What is known of the samples of a file.
#[derive(Clone, Copy)]
pub(super) struct FileLabels {
    pub file: u32,
    /// The number of one of the names that were given.
    pub class: Option<u32>,
    pub part: Option<Part>,
    pub group: Option<u32>,
}

/// A file of samples of one class.
pub(super) struct ClassFile {
    file: u32,
    pub(super) class: Option<u32>,
    pub(super) part: Option<Part>,
    pub(super) group: Option<u32>,
    pub(super) packed: bool,
    pub(super) source: Shared,
}

/// Such files.
pub(super) struct ClassFiles {
    /// Those that this pass comes to yet.
    waiting: VecDeque<ClassFile>,
    /// Those that it has behind it.
    passed: VecDeque<ClassFile>,
    /// Whether some are of a training part.
    trains: bool,
    class_names: Vec<String>,
    /// The names in the order that the options want.
    chosen: Option<Vec<String>>,
    refused: Vec<(u32, Error)>,
    /// Bytes that lie behind, and those of all files.
    pub(super) done: u64,
    pub(super) total: u64,
}

impl ClassFiles {
    /// No files yet, of these classes.
    pub(super) fn new(options: &Options, class_names: Vec<String>) -> Self {
        Self {
            waiting: VecDeque::new(),
            passed: VecDeque::new(),
            trains: false,
            class_names,
            chosen: options.class_names.clone(),
            refused: Vec::new(),
            done: 0,
            total: 0,
        }
    }

    /// One more file; its class is one of the names that were given, or chosen by the options.
    pub(super) fn add(
        &mut self,
        FileLabels { file, class, part, group }: FileLabels,
        Kept { packed, source }: Kept,
    ) -> Result<()> {
        let class = numbered(class, &self.class_names, self.chosen.as_deref())?;
        let source = Shared::new(source);
        self.total += source.len();
        self.trains |= part == Some(Part::Train);
        self.waiting.push_back(ClassFile { file, class, part, group, packed, source });
        Ok(())
    }

    /// Names of the classes in the order of their numbers.
    pub(super) fn class_names(&self) -> Vec<String> {
        self.chosen.as_ref().unwrap_or(&self.class_names).clone()
    }

    /// The file that is to be read.
    pub(super) fn first(&self) -> Option<&ClassFile> {
        self.waiting.front()
    }

    /// How many files this pass has behind it, and how many there are.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.passed.len(), self.passed.len() + self.waiting.len())
    }

    /// Whether a file of this part is one to learn from.
    pub(super) fn teaches(&self, part: Option<Part>) -> bool {
        !self.trains || part == Some(Part::Train)
    }

    /// Passes the first file on to the next pass, or out if it is bad.
    pub(super) fn pass<T>(&mut self, found: Result<T>) -> Option<T> {
        let file = self.waiting.pop_front()?;
        match found {
            Ok(found) => {
                self.passed.push_back(file);
                Some(found)
            }
            Err(error) => {
                self.done += file.source.len();
                self.refuse(file.file, error);
                None
            }
        }
    }

    /// Lets go of the file that was passed last; its length.
    pub(super) fn drop_passed(&mut self) -> u64 {
        self.passed.pop_back().map_or(0, |file| file.source.len())
    }

    /// Notes a file that is bad.
    pub(super) fn refuse(&mut self, file: u32, error: Error) {
        self.refused.push((file, error));
    }

    /// The files that were found bad since it was last asked.
    pub(super) fn take_refused(&mut self) -> Vec<(u32, Error)> {
        std::mem::take(&mut self.refused)
    }

    /// Begins a pass over the files that were good in the one before.
    pub(super) fn again(&mut self) {
        self.waiting = std::mem::take(&mut self.passed);
    }
}
