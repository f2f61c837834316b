//! What all files together mean: classes and parts of pictures, or files that hold many samples.

use std::io::Read;

use super::class_files::FileLabels;
use super::groups::Groups;
use super::layout::{
    ArrayPart, Content, FilePart, FileSample, Labels, Layout, LeftOut, arrays_by_name,
};
use super::rows::{ArrayRows, CifarRows, Reader, Rows, RowsReport};
use super::sounds::SoundRows;
use super::stream::Stream;
use super::tables::TableRows;
use super::{Import, Kept, Work};
use crate::data::Part;
use crate::formats::archive::Limits;
use crate::formats::array::Array;
use crate::formats::gzip::Gunzip;
use crate::formats::npz::Npz;
use crate::formats::records::{self, Sink};
use crate::formats::source::SourceReader;
use crate::formats::{Kind, idx, npy};
use crate::{Error, ErrorKind, Result, err};

/// A path without the ending of an archive.
pub(super) fn stem(path: &str) -> &str {
    let is_ending = |ending: &&str| {
        let at = path.len().checked_sub(ending.len());
        at.and_then(|at| path.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    let ending = [".tar.gz", ".tgz", ".tar", ".zip"].into_iter().find(is_ending).unwrap_or("");
    &path[..path.len() - ending.len()]
}

/// Rows of a file, and the part that they are of.
type PartRows = (Box<dyn Rows>, Option<Part>);

impl<S: Sink> Import<S> {
    /// Finds out what the files mean, and what is to be done with those that were kept.
    pub(super) fn arrange(&mut self) -> Result<()> {
        let layout = Layout::of(&self.leaves.files());
        let mut layout = layout.map_err(|error| self.no_good_file(&error))?;
        if let Content::Files { labels: Labels::Tables(tables), .. } = &layout.content {
            let tables = tables.clone();
            self.label(&mut layout, &tables)?;
        }
        let Layout { content, left_out } = layout;
        for LeftOut { file, reason } in left_out {
            self.refuse(file as usize, &reason)?;
        }
        let files = match content {
            Content::Files { kind: Kind::Image, samples, classes, labels } => {
                return self.name_pictures(samples, classes, &labels);
            }
            Content::Arrays(_) | Content::Archives(_) | Content::Cifar { .. }
                if self.options.group.is_some() =>
            {
                return Err(err!(
                    Unsupported,
                    "group: found arrays, expected tables or files that are samples; splits of arrays take \
                     `groups`"
                ));
            }
            Content::Arrays(parts) => self.array_rows(&parts)?,
            Content::Archives(files) => self.npz_rows(&files)?,
            Content::Cifar { format, files } => self.cifar_rows(format, &files)?,
            Content::Files { kind: Kind::Text, samples, classes, .. } => {
                let rows = self.text_files(&samples, classes)?;
                return self.learn(Box::new(rows)).map(drop);
            }
            Content::Lines(files) => {
                let rows = self.text_lines(&files)?;
                return self.learn(Box::new(rows)).map(drop);
            }
            Content::Tables(files) => {
                let rows = self.table_rows(&files)?;
                return self.learn(Box::new(rows)).map(drop);
            }
            Content::Files { kind: Kind::Audio, samples, classes, .. } => {
                let mut rows = SoundRows::new(&self.options, classes);
                let mut groups = Groups::new(&self.options);
                for FileSample { file, class, part, .. } in samples {
                    let group = groups.of_path(self.path(file))?;
                    rows.add(FileLabels { file, class, part, group }, self.taken(file)?)?;
                }
                return self.learn(Box::new(rows)).map(drop);
            }
            Content::Files { kind, .. } => return Err(self.unsupported(kind)),
            Content::Model(_) => {
                return Err(err!(Format, "found a saved model, expected data; loadModel reads it"));
            }
        };
        self.begin(files)
    }

    /// Begins to write rows.
    fn begin(&mut self, files: Vec<PartRows>) -> Result<()> {
        let stream = Box::new(Stream::new(files, self.options.class_names.clone())?);
        let steps = self.options.preprocessing.clone().unwrap_or_default();
        stream.begin(&steps, &mut self.output)?;
        self.work = Work::Stream(stream);
        Ok(())
    }

    /// Has rows learn some of what they must know before the first of them is written.
    pub(super) fn learn(&mut self, mut rows: Box<dyn Rows>) -> Result<bool> {
        let learnt = rows.learn();
        self.refuse_all(rows.refused())?;
        match learnt {
            Ok(true) => self.begin(vec![(rows, None)])?,
            Ok(false) => self.work = Work::Learn(rows),
            Err(error) if error.kind() == ErrorKind::Format => {
                return Err(self.no_good_file(&error));
            }
            Err(error) => return Err(error),
        }
        Ok(false)
    }

    /// Writes some rows.
    pub(super) fn stream(&mut self, mut stream: Box<Stream>) -> Result<bool> {
        let ended = stream.advance(&mut self.output);
        self.refuse_all(stream.take_refused())?;
        if !ended? {
            self.work = Work::Stream(stream);
            return Ok(false);
        }
        if let Some(RowsReport { data, table }) = stream.take_report() {
            (self.report, self.table) = (Some(data), table);
        }
        self.output.answer(stream.finish());
        Ok(true)
    }

    fn refuse_all(&mut self, refused: Vec<(u32, Error)>) -> Result<()> {
        refused.iter().try_for_each(|(file, error)| self.refuse(*file as usize, error))
    }

    pub(super) fn path(&self, file: u32) -> &str {
        &self.leaves.get(file as usize).path
    }

    fn table_rows(&mut self, files: &[FilePart]) -> Result<TableRows> {
        let mut rows = TableRows::new(self.options.clone());
        for &FilePart { file, part } in files {
            let path = self.path(file).to_owned();
            rows.add(file, path, part, self.taken(file)?);
        }
        Ok(rows)
    }

    fn array_rows(&mut self, parts: &[ArrayPart<u32>]) -> Result<Vec<PartRows>> {
        let mut files = Vec::new();
        for &ArrayPart { inputs, targets, part } in parts {
            let rows = self.array(inputs).and_then(|inputs| {
                let targets = targets.map(|file| self.array(file)).transpose()?;
                ArrayRows::new(inputs, targets)
            });
            match rows {
                Ok(rows) => files.push((Box::new(rows) as Box<dyn Rows>, part)),
                Err(error) => self.refuse(inputs as usize, &error)?,
            }
        }
        self.some(files)
    }

    fn npz_rows(&mut self, archives: &[FilePart]) -> Result<Vec<PartRows>> {
        let mut files = Vec::new();
        for &FilePart { file, part } in archives {
            match self.npz(file, part) {
                Ok(rows) => files.extend(rows),
                Err(error) => self.refuse(file as usize, &error)?,
            }
        }
        self.some(files)
    }

    fn npz(&mut self, file: u32, whole: Option<Part>) -> Result<Vec<PartRows>> {
        let kept = self.taken(file)?;
        let mut npz = Npz::open(kept.source, Limits::default())?;
        let names = npz.names().to_vec();
        let mut files = Vec::new();
        for ArrayPart { inputs, targets, part } in arrays_by_name(&names)? {
            let mut open = |at: usize| npz.array(&names[at]).map(Array::boxed);
            let rows = ArrayRows::new(open(inputs)?, targets.map(open).transpose()?)?;
            files.push((Box::new(rows) as Box<dyn Rows>, part.or(whole)));
        }
        Ok(files)
    }

    fn cifar_rows(&mut self, format: &str, batches: &[FilePart]) -> Result<Vec<PartRows>> {
        let mut files: Vec<PartRows> = Vec::new();
        for &FilePart { file, part } in batches {
            let (reader, _) = reader_of(self.taken(file)?);
            files.push((Box::new(CifarRows::new(format, reader, &self.options)), part));
        }
        Ok(files)
    }

    /// An array of a file of its own.
    fn array(&mut self, file: u32) -> Result<Array<Reader>> {
        let format = self.leaves.get(file as usize).format.map_or("", |format| format.name);
        let (reader, len) = reader_of(self.taken(file)?);
        if format == "NPY" { npy::open(reader, len) } else { idx::open(reader, len) }
    }

    pub(super) fn taken(&mut self, file: u32) -> Result<Kept> {
        let missing = || err!(Format, "import: the file was used already");
        self.kept.remove(&(file as usize)).ok_or_else(missing)
    }

    /// These files, unless there are none.
    fn some(&self, files: Vec<PartRows>) -> Result<Vec<PartRows>> {
        if files.is_empty() {
            return Err(self.no_good_file(&err!(Format, "found no arrays that can be read")));
        }
        Ok(files)
    }

    /// What is read, but not yet made samples of.
    fn unsupported(&self, kind: Kind) -> Error {
        let found = match kind {
            Kind::Audio => "sound",
            _ => "files",
        };
        let name = self.kept.keys().next().map_or("", |&leaf| &self.leaves.get(leaf).path);
        err!(
            Unsupported,
            "{name}: found {found}, expected images, tables, texts or arrays (IDX, NPY, NPZ, CIFAR)"
        )
    }

    /// Says what the first file that was left out lacks, and how many there are.
    fn no_good_file(&self, error: &Error) -> Error {
        match self.leaves.unreadable().first() {
            Some(first) => err!(
                Format,
                "none of the {} files could be read; {}: {}",
                self.leaves.unreadable().len(),
                first.name,
                first.message
            ),
            None => error.clone(),
        }
    }
}

/// The bytes of a kept file from its beginning, and how many there are if that is known.
pub(super) fn reader_of(Kept { packed, source }: Kept) -> (Reader, Option<u64>) {
    let len = source.len();
    if packed {
        (Box::new(Gunzip::new(source, Limits::default())) as Box<dyn Read + Send>, None)
    } else {
        (Box::new(SourceReader::new(source)), Some(len))
    }
}

/// The class of a file, by its place among the names that folders gave, as the names that were chosen
/// number it, if there are any.
pub(super) fn numbered(
    class: Option<u32>,
    found: &[String],
    chosen: Option<&[String]>,
) -> Result<Option<u32>> {
    match (class, chosen) {
        (Some(class), Some(chosen)) => number_of(&found[class as usize], chosen).map(Some),
        _ => Ok(class),
    }
}

pub(super) fn number_of(name: &str, names: &[String]) -> Result<u32> {
    numbered_name("folder", name, names)
}

/// The place of the name of such a thing among those of the classes.
pub(super) fn numbered_name(what: &str, name: &str, names: &[String]) -> Result<u32> {
    let found = names.iter().position(|known| known == name);
    found.map(|at| at as u32).ok_or_else(|| {
        err!(Data, "the {what} {name:?} is none of the class names {}", names.join(", "))
    })
}

/// A part as records have it.
pub(super) fn part_of(part: Option<Part>) -> records::Part {
    match part {
        None => records::Part::All,
        Some(Part::Train) => records::Part::Train,
        Some(Part::Validation) => records::Part::Validation,
        Some(Part::Test) => records::Part::Test,
    }
}
