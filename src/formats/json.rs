//! Rows as JSON objects: one on each line (JSON lines), or all in one array.
//!
//! Objects in objects and arrays are flattened: `{"at": {"x": 1}, "tags": ["a", "b"]}` has the columns
//! `at.x`, `tags.0` and `tags.1`. The columns are those of a sample at the beginning; values under
//! further names are counted and left out, and so are rows that are no objects.

mod row;
mod split;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use row::Row;
use split::Splitter;

use super::annotations::{coco, simple};
use super::source::Source;
use super::table::{Records, Step, TableOptions, TableReader, TextTable};
use crate::data::table::{Cell, MOST_COLUMNS, TableReport};
use crate::{Result, err};

/// An object on each line, as [`Format::name`](super::Format::name).
pub const LINES: &str = "JSON lines";

/// Objects in an array.
pub const ARRAY: &str = "JSON array";

/// Bytes of the beginning whose names become columns.
const SAMPLE: u64 = 1 << 20;

/// Whether a file begins with objects one after the other, or one that is longer than what is there
/// and no list of boxes.
pub(super) fn sniff_lines(head: &[u8], len: u64) -> bool {
    let head = split::without_mark(head).trim_ascii_start();
    if head.first() != Some(&b'{') {
        return false;
    }
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let is_whole = lines.next().is_some_and(|line| line.ends_with(b"}"));
    match lines.find(|line| !line.is_empty()) {
        Some(next) => is_whole && next.first() == Some(&b'{'),
        None => {
            (is_whole || head.len() as u64 <= len) && !coco::sniff(head) && !simple::sniff(head)
        }
    }
}

/// Whether a file begins with objects in an array.
pub(super) fn sniff_array(head: &[u8]) -> bool {
    let head = split::without_mark(head).trim_ascii_start().strip_prefix(b"[");
    head.is_some_and(|head| head.trim_ascii_start().first() == Some(&b'{'))
}

/// Opens a table of objects.
///
/// # Errors
/// `Format` if no object comes at the beginning, `TooLarge` for more columns than
/// [`MOST_COLUMNS`] and an object of more than 16 MiB, `Argument` for options that are impossible, and
/// what the source answers.
pub fn open<S: Source + 'static>(
    source: S,
    options: &TableOptions,
) -> Result<Box<dyn TableReader>> {
    Ok(Box::new(TextTable::new(Json::new(source)?, options)?))
}

/// Objects of a file.
struct Json<S> {
    objects: Splitter<S>,
    names: Vec<String>,
    columns: BTreeMap<String, usize>,
    row: Row,
    /// Values under names that are no columns.
    unnamed: u64,
}

impl<S: Source> Json<S> {
    fn new(source: S) -> Result<Self> {
        let mut objects = Splitter::new(source)?;
        let (mut names, mut columns) = (Vec::new(), BTreeMap::new());
        let mut row = Row::default();
        let mut reason = None;
        while objects.progress().0 < SAMPLE && objects.advance()? {
            match row.read(objects.object()) {
                Ok(()) => {}
                Err(error) => {
                    reason.get_or_insert(error);
                    continue;
                }
            }
            for (name, _) in row.values() {
                if !columns.contains_key(name) {
                    columns.insert(name.to_owned(), names.len());
                    names.push(name.to_owned());
                }
            }
            if names.len() > MOST_COLUMNS {
                return Err(err!(
                    TooLarge,
                    "table: found more than {MOST_COLUMNS} names, expected at most as many columns"
                ));
            }
        }
        if names.is_empty() {
            let reason = reason.map(|reason| format!("; the first: {reason}")).unwrap_or_default();
            return Err(err!(Format, "table: found no JSON objects with values{reason}"));
        }
        objects.rewind()?;
        Ok(Self { objects, names, columns, row, unnamed: 0 })
    }
}

impl<S: Source> Records for Json<S> {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn rewind(&mut self) -> Result<()> {
        self.unnamed = 0;
        self.objects.rewind()
    }

    fn advance(&mut self) -> Result<Step> {
        if !self.objects.advance()? {
            return Ok(match self.objects.unfinished() {
                Some(line) => Step::LeftOut(line, "the file ends within the array".into()),
                None => Step::End,
            });
        }
        let line = self.objects.begin();
        if let Err(reason) = self.row.read(self.objects.object()) {
            return Ok(Step::LeftOut(line, reason));
        }
        self.unnamed += self.row.assign(&self.names, &self.columns);
        Ok(Step::Row(line))
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        self.row.cell(column)
    }

    fn progress(&self) -> (u64, u64) {
        self.objects.progress()
    }

    fn count(&self, report: &mut TableReport) {
        report.unnamed = self.unnamed;
    }
}

/// Small files: one object a line, with what is missing, nested and not ASCII.
#[cfg(test)]
pub(super) fn examples_of_lines() -> Vec<Vec<u8>> {
    let text = "{\"age\": 41, \"city\": \"Köln\"}\n{\"age\": null, \"city\": \"Oslo\"}\n";
    vec![
        text.into(),
        format!("\u{feff}{text}\r\n\n{{\"age\":1e3}}").into(),
        b"{\"categories\":[1,2],\"at\":{\"x\":true,\"y\":\"\\u00e9\"}}\n{\"at\":{\"x\":false}}"
            .to_vec(),
        b"{\"alone\": 1}".to_vec(),
    ]
}

/// Small files: an array.
#[cfg(test)]
pub(super) fn examples_of_arrays() -> Vec<Vec<u8>> {
    vec![
        b"[{\"a\": 1, \"b\": \"x, ]}\"}, {\"a\": 2.5, \"b\": \"\\\"\"}]".to_vec(),
        b"\n[\n  {\n    \"a\": {\"b\": [true, null]}\n  },\n  {\"a\": {\"b\": [false]}}\n]\n"
            .to_vec(),
    ]
}
