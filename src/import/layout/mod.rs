//! What a folder, an archive or a list of files means as a dataset, told by paths and formats alone.
//!
//! | what is there | what it means |
//! | --- | --- |
//! | images, sound or texts in folders | a class for each folder, in folders `train`, `val` and `test` or not |
//! | images and COCO, Pascal VOC or YOLO files | boxes; a class for each folder only if boxes have that, too |
//! | images or sound and a table | the table says the class of each file |
//! | IDX, NPY | arrays of inputs and of targets, paired by their names |
//! | NPZ | the same by the names within ([`arrays_by_name`]) |
//! | CIFAR | batches, of which one is the test part |
//! | tables; texts without folders | rows; lines, of files that are named as texts are |
//!
//! What a table says is added afterwards: [`Layout::with_labels`]. What annotations say is found by
//! [`Pictures`].

mod arrays;
mod documents;
mod folders;
mod labels;
mod names;
mod pictures;
#[cfg(test)]
mod tests;

pub use arrays::{ArrayNames, ArrayPart, arrays_by_name};
pub use labels::{Label, LabelRow};
pub use names::natural_order;
pub(super) use names::{part_of_path, part_of_word};
pub(super) use pictures::Pictures;

use crate::data::Part;
use crate::formats::archive::is_of_a_system;
use crate::formats::{Format, Kind, csv};
use crate::{Error, Result, err};

/// A file that was given.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path, with forward slashes.
    pub path: String,
    /// Its format by its content; `None` if it is of none, which whoever asked tells.
    pub format: Option<&'static Format>,
    /// Whether nothing is in it.
    pub blank: bool,
}

/// What a dataset is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A sample for each file: images, sound or texts.
    Files {
        /// Which of these.
        kind: Kind,
        /// The samples in natural order of their paths.
        samples: Vec<FileSample>,
        /// Names of the classes by their number, in natural order; none without classes.
        classes: Vec<String>,
        /// Where classes or boxes come from.
        labels: Labels,
    },
    /// Arrays of inputs and targets (IDX, NPY).
    Arrays(Vec<ArrayPart<u32>>),
    /// NPZ files; [`arrays_by_name`] says what is in them.
    Archives(Vec<FilePart>),
    /// Files of CIFAR-10 or CIFAR-100, which is the name of their format.
    Cifar {
        /// `CIFAR-10` or `CIFAR-100`.
        format: &'static str,
        /// In natural order.
        files: Vec<FilePart>,
    },
    /// Tables of rows.
    Tables(Vec<FilePart>),
    /// Texts whose lines or paragraphs are samples.
    Lines(Vec<FilePart>),
    /// A saved model.
    Model(u32),
}

/// A file that holds many samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilePart {
    /// Its place among those that were given.
    pub file: u32,
    /// The part that its samples belong to, if they are divided.
    pub part: Option<Part>,
}

/// A file that is a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSample {
    /// Its place among those that were given.
    pub file: u32,
    /// Its path without the folders that all have in common.
    pub name: String,
    /// The number of its class, if that is known.
    pub class: Option<u32>,
    /// The number that is to be answered, if one is.
    pub number: Option<f32>,
    /// The folder that would be its class if annotations said nothing.
    pub folder: Option<String>,
    /// The part that it belongs to, if they are divided.
    pub part: Option<Part>,
}

/// Where classes or boxes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Labels {
    /// Nothing says any.
    None,
    /// The folders, or what was read already.
    Known,
    /// These tables, to be read for [`Layout::with_labels`].
    Tables(Vec<FilePart>),
    /// These annotations, to be read.
    Annotations {
        /// Files of one or many images.
        files: Vec<u32>,
        /// Lists of the images of a part, as Pascal VOC has them (`ImageSets/Main/train.txt`).
        lists: Vec<FilePart>,
    },
    /// A YOLO file for each of these samples, and the file that names the classes.
    Yolo {
        /// Samples by their place in the list, with the file that has their boxes.
        files: Vec<(u32, u32)>,
        /// `classes.txt`, `obj.names` or `data.yaml`.
        names: Option<u32>,
        /// Files of boxes of images that are not there.
        orphans: Vec<u32>,
        /// Samples with an empty file: nothing is to be seen in them.
        blank: Vec<(u32, u32)>,
        /// Lists of the images of a part (`train.txt`).
        lists: Vec<FilePart>,
    },
}

/// A file that is no part of the dataset, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its place among those that were given.
    pub file: u32,
    /// The reason.
    pub reason: Error,
}

/// What files mean as a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// What the dataset is made of.
    pub content: Content,
    /// Files of a known format that are no part of it.
    pub left_out: Vec<LeftOut>,
}

impl Layout {
    /// What these files mean. Hidden files and those of a system (`__MACOSX`, `Thumbs.db`) are not
    /// looked at.
    ///
    /// # Errors
    /// `Format` where there is nothing to make samples of, with what was found.
    pub fn of(files: &[File]) -> Result<Self> {
        let all = Found::new(files);
        let count = |kind: Kind| all.of(kind).len();
        // A picture beside tables is a picture; pictures beside a table are the samples.
        let beside = count(Kind::Table) + count(Kind::Tensor);
        let kind = [Kind::Image, Kind::Audio].into_iter().find(|&kind| {
            let found = count(kind);
            found > 0 && found >= beside
        });
        if let Some(kind) = kind {
            return folders::by_folder(&all, kind);
        }
        let first = [Kind::Tensor, Kind::Table, Kind::Text, Kind::Model];
        match first.into_iter().find(|&kind| count(kind) > 0) {
            Some(Kind::Tensor) => arrays::by_file(&all),
            Some(Kind::Table) => Ok(all.only(Kind::Table, Content::Tables)),
            Some(Kind::Text) => match folders::texts(&all) {
                Err(_) if count(Kind::Model) > 0 => Ok(all.model()),
                layout => layout,
            },
            Some(Kind::Model) => Ok(all.model()),
            _ => Err(all.nothing()),
        }
    }
}

/// The files that matter.
struct Found<'a> {
    files: &'a [File],
    /// Those of a known format, in natural order of their paths.
    order: Vec<u32>,
    /// Whether files that look like CSV and are named `.txt` are texts, as most of these are: some have a
    /// comma in each line.
    prose: bool,
}

impl<'a> Found<'a> {
    fn new(files: &'a [File]) -> Self {
        let matters =
            |file: &File| file.format.is_some() && !file.path.split('/').any(is_of_a_system);
        let mut order: Vec<u32> =
            (0..).zip(files).filter(|(_, file)| matters(file)).map(|(at, _)| at).collect();
        order.sort_by(|&a, &b| natural_order(&files[a as usize].path, &files[b as usize].path));
        let mut all = Self { files, order, prose: false };
        let looks = all.order.iter().filter(|&&file| all.is_named_text(file)).count();
        all.prose = looks > 0 && looks < all.of(Kind::Text).len();
        all
    }

    /// Whether a file looks like CSV, by its content, and like a text by its name.
    fn is_named_text(&self, file: u32) -> bool {
        let path = self.path(file);
        let ending = path.len().checked_sub(4).and_then(|at| path.get(at..));
        self.format(file) == csv::NAME && ending.is_some_and(|end| end.eq_ignore_ascii_case(".txt"))
    }

    fn path(&self, file: u32) -> &'a str {
        &self.files[file as usize].path
    }

    fn kind(&self, file: u32) -> Option<Kind> {
        if self.prose && self.is_named_text(file) {
            return Some(Kind::Text);
        }
        self.files[file as usize].format.map(|format| format.kind)
    }

    fn format(&self, file: u32) -> &'static str {
        self.files[file as usize].format.map_or("", |format| format.name)
    }

    /// The files of a kind, in natural order of their paths.
    fn of(&self, kind: Kind) -> Vec<u32> {
        self.order.iter().copied().filter(|&file| self.kind(file) == Some(kind)).collect()
    }

    /// A file that holds many samples, with the part that its path says.
    fn part(&self, file: u32) -> FilePart {
        FilePart { file, part: names::part_of_path(self.path(file)) }
    }

    /// A layout of all files of this kind.
    fn only(&self, kind: Kind, content: fn(Vec<FilePart>) -> Content) -> Layout {
        let files = self.of(kind);
        let parts = files.iter().map(|&file| self.part(file)).collect();
        Layout { content: content(parts), left_out: self.beside(kind, &files) }
    }

    /// A layout of the first saved model.
    fn model(&self) -> Layout {
        let content = Content::Model(self.of(Kind::Model)[0]);
        Layout { content, left_out: self.beside(Kind::Model, &[]) }
    }

    /// The files that are not among these, beside samples of a kind.
    fn beside(&self, kind: Kind, used: &[u32]) -> Vec<LeftOut> {
        let mut used = used.to_vec();
        used.sort_unstable();
        let left = self.order.iter().copied().filter(|file| used.binary_search(file).is_err());
        left.map(|file| LeftOut {
            file,
            reason: err!(
                Format,
                "{}: found {} ({}) beside {}, which make the dataset",
                self.path(file),
                self.kind(file).map_or("a file", name_of),
                self.format(file),
                name_of(kind)
            ),
        })
        .collect()
    }

    /// The error about files of which no dataset can be made.
    fn nothing(&self) -> Error {
        let kinds = [Kind::Archive, Kind::Packed, Kind::Annotation];
        let mut found: Vec<String> = kinds
            .into_iter()
            .map(|kind| (self.of(kind).len(), kind))
            .filter(|(count, _)| *count > 0)
            .map(|(count, kind)| format!("{count} of {}", name_of(kind)))
            .collect();
        let unknown = self.files.iter().filter(|file| file.format.is_none()).count();
        if unknown > 0 {
            found.push(format!("{unknown} of no known format"));
        }
        let ignored = self.files.len() - self.order.len() - unknown;
        if ignored > 0 {
            found.push(format!("{ignored} hidden"));
        }
        let found = if found.is_empty() { "none".into() } else { found.join(", ") };
        err!(
            Format,
            "files: found {found}; expected images, sound, texts, tables, arrays or a model"
        )
    }
}

/// What files of a kind are called.
fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "images",
        Kind::Archive => "archives",
        Kind::Packed => "packed files",
        Kind::Table => "tables",
        Kind::Tensor => "arrays",
        Kind::Audio => "sound",
        Kind::Text => "texts",
        Kind::Annotation => "annotations",
        Kind::Model => "models",
    }
}
