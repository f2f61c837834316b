//! What tables and annotations say of files.

use std::collections::BTreeMap;

use super::names::{file_name, stem};
use super::{Content, FileSample, Labels, Layout, LeftOut, Part, natural_order};
use crate::{Error, Result, err};

/// A row of a table that says the classes of files.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelRow {
    /// The name of the file: its path, the end of it, or its name without the ending.
    pub name: String,
    /// What is said of it.
    pub label: Label,
    /// The part that it belongs to, if the table says that.
    pub part: Option<Part>,
}

/// What a table says of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// The name of its class.
    Class(String),
    /// A number that is to be answered.
    Number(f32),
}

impl Layout {
    /// How many of these names are of a file.
    ///
    /// # Errors
    /// `Argument` if the samples are no files.
    pub fn named<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> Result<usize> {
        let known = Names::of(self.files()?.0.iter().enumerate());
        // A name that fits several files is one of a file, too.
        Ok(names.filter(|name| !matches!(known.find(name), Ok(None))).count())
    }

    /// Gives samples the classes, or numbers, that a table says. Classes are ordered by name in natural
    /// order. Samples without a row are left out. Says how many rows have no file.
    ///
    /// # Errors
    /// `Argument` if the samples are no files, `Data` if two rows say different things of a file, some
    /// say classes and others numbers, a name fits several files, or none of the rows has a file.
    pub fn with_labels(&mut self, rows: &[LabelRow]) -> Result<usize> {
        let (samples, classes, labels) = self.files()?;
        let names = Names::of(samples.iter().enumerate());
        let class_of = |row: &LabelRow| match &row.label {
            Label::Class(class) => Some(class.clone()),
            Label::Number(_) => None,
        };
        *classes = rows.iter().filter_map(class_of).collect();
        if !classes.is_empty() && classes.len() < rows.len() {
            return Err(err!(Data, "labels: found classes and numbers, expected one of these"));
        }
        classes.sort_by(|a, b| natural_order(a, b));
        classes.dedup();
        let numbers: BTreeMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        let mut missing = 0;
        samples.iter_mut().for_each(|sample| (sample.class, sample.number) = (None, None));
        for row in rows {
            let Some(at) = names.find(&row.name)? else {
                missing += 1;
                continue;
            };
            let sample = &mut samples[at];
            match &row.label {
                Label::Class(name) => {
                    let class = numbers[name.as_str()];
                    if let Some(other) = sample.class.filter(|&other| other != class) {
                        let other = &classes[other as usize];
                        return Err(err!(
                            Data,
                            "labels: {} is said to be {other:?} and {name:?}, expected one class for a \
                             file",
                            row.name
                        ));
                    }
                    sample.class = Some(class);
                }
                &Label::Number(number) => {
                    if let Some(other) = sample.number.filter(|&other| other != number) {
                        return Err(err!(
                            Data,
                            "labels: {} is said to be {other} and {number}, expected one number for a \
                             file",
                            row.name
                        ));
                    }
                    sample.number = Some(number);
                }
            }
            sample.part = row.part.or(sample.part);
        }
        if missing == rows.len() {
            return Err(no_file(rows.first().map(|row| row.name.as_str()), samples));
        }
        *labels = Labels::Known;
        let without =
            samples.extract_if(.., |sample| sample.class.is_none() && sample.number.is_none());
        let left_out: Vec<LeftOut> = without
            .map(|sample| LeftOut {
                file: sample.file,
                reason: err!(Data, "{}: the table of labels does not name it", sample.name),
            })
            .collect();
        self.left_out.extend(left_out);
        Ok(missing)
    }

    fn files(&mut self) -> Result<(&mut Vec<FileSample>, &mut Vec<String>, &mut Labels)> {
        match &mut self.content {
            Content::Files { samples, classes, labels, .. } => Ok((samples, classes, labels)),
            _ => Err(err!(Argument, "labels: the samples are no files, expected images or sound")),
        }
    }
}

fn no_file(name: Option<&str>, samples: &[FileSample]) -> Error {
    err!(
        Data,
        "labels: found no file for any of the names (the first is {:?}), expected such as {:?}",
        name.unwrap_or_default(),
        samples.first().map_or("", |sample| sample.name.as_str())
    )
}

/// Samples by what they may be called.
pub(super) struct Names {
    /// Every end of a path from a slash on, and the last of these without its ending; `None` where
    /// several samples are called so.
    by_name: BTreeMap<String, Option<usize>>,
}

impl Names {
    pub(super) fn of<'a>(samples: impl Iterator<Item = (usize, &'a FileSample)>) -> Self {
        let mut by_name: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (at, sample) in samples {
            let mut add = |name: &str| {
                by_name
                    .entry(name.to_owned())
                    .and_modify(|found| *found = found.filter(|&found| found == at))
                    .or_insert(Some(at));
            };
            let mut end = sample.name.as_str();
            loop {
                add(end);
                match end.split_once('/') {
                    Some((_, rest)) => end = rest,
                    None => break,
                }
            }
            let short = stem(file_name(&sample.name));
            if short != file_name(&sample.name) {
                add(short);
            }
        }
        Self { by_name }
    }

    /// The sample of this name, which may begin with folders that nobody has.
    pub(super) fn find(&self, name: &str) -> Result<Option<usize>> {
        let name = name.trim().replace('\\', "/");
        let mut end = name.as_str();
        loop {
            match self.by_name.get(end) {
                Some(Some(at)) => return Ok(Some(*at)),
                Some(None) => {
                    return Err(err!(
                        Data,
                        "labels: {name:?} fits several files, expected enough of its path to tell \
                         them apart"
                    ));
                }
                None => match end.split_once('/') {
                    Some((_, rest)) => end = rest,
                    None => return Ok(None),
                },
            }
        }
    }
}
