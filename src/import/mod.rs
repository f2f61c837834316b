//! Import: whatever files people have become one file of records, a file at a time.
//!
//! The caller hands over files in a fixed order and drives what takes long by [`Import::advance`].
//! What is a picture becomes a sample at once; other files are kept until all are known
//! ([`Import::close`]), since only then it is clear what they belong to. An import that was interrupted
//! goes on when it is made again from the same files over the same sink: what it has is not read again.

mod archives;
mod arrange;
mod boxes;
mod class_files;
mod columns;
mod export;
mod format;
mod groups;
mod labels;
pub mod layout;
mod leaf;
mod options;
mod output;
mod pictures;
mod placed;
mod rows;
mod sounds;
mod stream;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::BTreeMap;
use std::mem::take;

use crate::data::Image;
use crate::data::report::{Collector, DataReport, Impression, Observed};
use crate::formats::archive::{self, Archive, Limits};
use crate::formats::records::Sink;
use crate::formats::source::{self, Source, read_all};
use crate::formats::{Kind, SNIFFED, gzip, image, sound};
use crate::{Error, ErrorKind, Result, err};

pub use export::{Export, PartFolders};
use format::{format_of, packed_format};
pub use groups::GroupBy;
use leaf::Leaves;
pub use options::{Options, Summary, Task};
use output::Output;
use placed::{Placed, Places};
use rows::Rows;
pub use sounds::{SoundOptions, read_sound};
use stream::Stream;
pub use summary::{ColumnUse, TableColumnSummary, TableSummary, UnreadRow};

/// Bytes of one file that is read whole.
const MOST_FILE_BYTES: u64 = 1 << 30;
/// Bytes of files that are kept in memory until the end, where there is no other way.
const MOST_KEPT_BYTES: u64 = 1 << 30;
/// Bytes of files that are kept in memory where they can be opened again.
const MOST_HELD_BYTES: u64 = 64 << 20;

/// Files on their way into records.
pub struct Import<S> {
    options: Options,
    output: Output<S>,
    leaves: Leaves,
    places: Places,
    work: Work,
    /// What only the caller may be able to read.
    foreign: Option<Foreign>,
    /// Files that are no pictures, by their number.
    kept: BTreeMap<usize, Kept>,
    kept_bytes: u64,
    collector: Collector,
    report: Option<DataReport>,
    table: Option<TableSummary>,
    closed: bool,
}

/// What takes more than one call.
#[derive(Default)]
enum Work {
    #[default]
    Nothing,
    Archive {
        path: String,
        archive: Box<dyn Archive>,
        content: Vec<u8>,
    },
    /// What must be known before the first row.
    Learn(Box<dyn Rows>),
    Stream(Box<Stream>),
}

/// A picture or a sound in a format that is not read here, for a browser that may know it.
#[derive(Debug)]
pub struct Foreign {
    leaf: usize,
    /// Whether it is a sound.
    pub is_sound: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A file that is no picture.
struct Kept {
    /// Whether it is packed by gzip.
    packed: bool,
    source: Box<dyn Source>,
}

impl<S: Sink> Import<S> {
    /// An import into a sink. If that holds an interrupted one of the same `source` (a text that says
    /// what is imported) and with the same options, it is gone on with.
    ///
    /// # Errors
    /// `Argument` for options that are impossible, and what the sink answers.
    pub fn new(options: Options, source: &str, sink: S) -> Result<Self> {
        options.validate()?;
        let (output, known) = Output::new(&options, source, sink)?;
        Ok(Self {
            options,
            output,
            leaves: Leaves::new(known),
            places: Places::default(),
            work: Work::Nothing,
            foreign: None,
            kept: BTreeMap::new(),
            kept_bytes: 0,
            collector: Collector::default(),
            report: None,
            table: None,
            closed: false,
        })
    }

    /// Whether the next file, which has this path, was read before the interruption; it is then done.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn skip(&mut self, path: &str) -> Result<bool> {
        let sample = self.leaves.sample_count() as u32;
        let Some(known) = self.leaves.skip(path) else { return Ok(false) };
        if known.unreadable.is_none() {
            let size = self.output.picture_size();
            let shown = known.seen.as_ref().and_then(Impression::picture_size);
            let filled = |shown: [u32; 2]| Placed::stretched(shown.map(|side| side as usize), size);
            if let Some(placed) = known.placed.or(shown.map(filled)) {
                self.places.push(sample as usize, placed, size);
            }
            // What was noted is of the picture as it came, which may be gone.
            let seen = match known.seen {
                Some(seen) => seen,
                None => Impression::of_image(&self.output.written(sample)?),
            };
            self.collector.take(Observed::default(), &seen)?;
        }
        Ok(true)
    }

    /// Reads a file that is here as a whole. If it is an archive, [`advance`](Self::advance) reads it.
    /// False if it would have to stay in memory, where too many do already: it is then to be
    /// [opened](Self::open).
    ///
    /// # Errors
    /// What the sink answers. What is wrong with the file is noted.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) -> Result<bool> {
        let held = bytes.len() as u64;
        self.read(path, Box::new(bytes), held)
    }

    /// Reads a file by random access. If it is an archive, [`advance`](Self::advance) reads it.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn open(&mut self, path: &str, source: Box<dyn Source>) -> Result<()> {
        self.read(path, source, 0).map(drop)
    }

    /// Reads a file of which so many bytes are in memory; false if it is one too many.
    fn read(&mut self, path: &str, mut source: Box<dyn Source>, held: u64) -> Result<bool> {
        let stays = held == 0 || self.kept_bytes + held <= MOST_HELD_BYTES;
        let format = match format_of(&mut source) {
            Ok(format) => format,
            Err(error) => {
                let leaf = self.leaves.begin(path, None);
                self.unknown(leaf, source, error)?;
                return Ok(true);
            }
        };
        match format.kind {
            Kind::Archive => self.open_archive(path, source)?,
            Kind::Packed if archive::is_packed(&mut source) => self.open_archive(path, source)?,
            Kind::Packed if stays => {
                let leaf = self.leaves.begin(path, None);
                self.packed(leaf, source, held)?;
            }
            Kind::Image => {
                let leaf = self.leaves.begin(path, Some(format));
                match read_all("file", &mut source, MOST_FILE_BYTES) {
                    Ok(bytes) => self.picture(leaf, &bytes)?,
                    Err(error) => self.refuse(leaf, &error)?,
                }
            }
            _ if stays => {
                let leaf = self.leaves.begin(path, Some(format));
                self.keep(leaf, Kept { packed: false, source }, held)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Notes a file that the caller could not read.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn fail(&mut self, path: &str, error: &Error) -> Result<()> {
        let leaf = self.leaves.begin(path, None);
        self.refuse(leaf, error)
    }

    /// Does some of what is to be done; true when nothing is left.
    ///
    /// # Errors
    /// What the sink answers, `TooLarge` and `Format` of an archive that cannot be read on.
    pub fn advance(&mut self) -> Result<bool> {
        match take(&mut self.work) {
            Work::Nothing => Ok(true),
            Work::Archive { path, mut archive, mut content } => {
                match archive.next(&mut content) {
                    Ok(Some(item)) => {
                        let inner = format!("{path}{}", item.path);
                        self.entry(&inner, item.content, &mut content)?;
                        self.work = Work::Archive { path, archive, content };
                        Ok(false)
                    }
                    Ok(None) => Ok(true),
                    // What was read of it stays.
                    Err(error) => {
                        let leaf = self.leaves.begin(path.trim_end_matches('/'), None);
                        self.refuse(leaf, &error)?;
                        Ok(true)
                    }
                }
            }
            Work::Learn(rows) => self.learn(rows),
            Work::Stream(stream) => self.stream(stream),
        }
    }

    /// How many bytes, or samples, of how many of what is being read lie behind; see
    /// [`counts_bytes`](Self::counts_bytes).
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        match &self.work {
            Work::Nothing => (0, 0),
            Work::Archive { archive, .. } => archive.progress(),
            Work::Learn(rows) => rows.progress().unwrap_or_default(),
            Work::Stream(stream) => stream.progress().1,
        }
    }

    /// Whether progress is told in bytes.
    #[must_use]
    pub fn counts_bytes(&self) -> bool {
        !matches!(&self.work, Work::Stream(stream) if !stream.progress().0)
    }

    /// Samples so far.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.output.samples()
    }

    /// Bytes of the records so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.output.bytes()
    }

    /// A picture or a sound that was found last and is in no format that is read here.
    pub fn take_foreign(&mut self) -> Option<Foreign> {
        self.foreign.take()
    }

    /// What the caller made of a foreign picture.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn add_foreign(&mut self, foreign: &Foreign, image: Result<Image>) -> Result<()> {
        match image {
            Ok(image) => {
                self.leaves.is_of(foreign.leaf, Kind::Image);
                self.sample(foreign.leaf, image, 1)
            }
            Err(error) => self.refuse(foreign.leaf, &error),
        }
    }

    /// Says that all files were handed over. What is left is done by [`advance`](Self::advance).
    ///
    /// # Errors
    /// `Format` if no file is good, `Data`, `Shape` or `Argument` if those that are do not belong
    /// together or to the options.
    pub fn close(&mut self) -> Result<()> {
        self.closed = true;
        self.arrange()
    }

    /// Writes the end of the records.
    ///
    /// # Errors
    /// `Argument` before everything is done, and what the sink answers.
    pub fn finish(self) -> Result<(S, Summary)> {
        if !self.closed || !matches!(self.work, Work::Nothing) {
            return Err(err!(Argument, "import: it is not done, expected advance() before"));
        }
        self.output.finish(self.leaves.unreadable(), self.report, self.table.as_ref())
    }

    /// A file of no format that is read here. It is read whole only if the caller may be able to use it.
    fn unknown(&mut self, leaf: usize, mut source: Box<dyn Source>, error: Error) -> Result<()> {
        let Ok(head) = source::head(&mut source, SNIFFED) else {
            return self.refuse(leaf, &error);
        };
        let is_sound = sound::is_foreign(&head);
        if !is_sound && !image::is_foreign(&head) {
            return self.refuse(leaf, &error);
        }
        match read_all("file", &mut source, MOST_FILE_BYTES) {
            Ok(bytes) => {
                self.foreign = Some(Foreign { leaf, is_sound, bytes });
                Ok(())
            }
            Err(error) => self.refuse(leaf, &error),
        }
    }

    /// A file that is packed by gzip, of which so many bytes are in memory: it counts as what is in it.
    fn packed(&mut self, leaf: usize, mut source: Box<dyn Source>, held: u64) -> Result<()> {
        let format = match packed_format(&mut source) {
            Ok(format) => format,
            Err(error) => return self.refuse(leaf, &error),
        };
        self.leaves.unpack(leaf, format);
        if format.kind == Kind::Image {
            return match gzip::unpack(source, Limits::default()) {
                Ok(bytes) => self.picture(leaf, &bytes),
                Err(error) => self.refuse(leaf, &error),
            };
        }
        self.keep(leaf, Kept { packed: true, source }, held)
    }

    /// Keeps a file, of which so many bytes are in memory.
    fn keep(&mut self, leaf: usize, kept: Kept, bytes: u64) -> Result<()> {
        self.kept_bytes += bytes;
        if self.kept_bytes > MOST_KEPT_BYTES {
            let found = self.kept_bytes;
            let error = err!(TooLarge, "files other than images: found {found} bytes of them");
            return self.refuse(leaf, &error);
        }
        self.kept.insert(leaf, kept);
        Ok(())
    }

    fn refuse(&mut self, leaf: usize, error: &Error) -> Result<()> {
        let unreadable = self.leaves.refuse(leaf, error);
        self.output.remark(leaf, unreadable)
    }
}

/// Whether an error is one of the place that is written to, not of what is written.
fn is_of_place(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Storage | ErrorKind::Quota)
}
