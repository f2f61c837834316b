//! Rows of a table as CSV (RFC 4180), a file for each part.

use std::io::Write;

use csv_core::{WriteResult, Writer};

use super::{Export, from_io, from_zip, packed, short};
use crate::data::Part;
use crate::formats::records::Sink;
use crate::{Result, err};

/// Bytes that a field is given at a time.
const AT_ONCE: usize = 1 << 10;

/// The table that is written.
pub(super) struct Table {
    part: Option<Part>,
    names: Vec<String>,
    writer: Writer,
}

impl<S: Sink> Export<S> {
    /// Adds rows of this part to its table, whose columns have these names: all cells of a row after those
    /// of the one before, and of each row the number in the last column, where there are `numbers`. Those of
    /// a part are added one after the other.
    ///
    /// # Errors
    /// `Shape` for another number of cells than columns, `Data` for rows of a part that others came after,
    /// and what the sink answers.
    pub fn add_rows(
        &mut self,
        part: Option<Part>,
        names: &[String],
        cells: &[String],
        numbers: Option<&[f32]>,
    ) -> Result<()> {
        let width = names.len() - usize::from(numbers.is_some() && !names.is_empty());
        let rows = numbers.map_or(cells.len() / width.max(1), <[f32]>::len);
        if width == 0 || rows * width != cells.len() {
            let found = cells.len();
            return Err(err!(
                Shape,
                "export: found {found} cells of {rows} rows, expected {width} of each"
            ));
        }
        let mut bytes = Vec::new();
        let begun = self.table.take();
        let mut table = match begun.filter(|table| table.part == part && table.names == names) {
            Some(table) => table,
            None => {
                let path = format!("{}.csv", part.map_or("table", short));
                self.archive.start_file(path, packed()).map_err(from_zip)?;
                let mut table = Table { part, names: names.to_vec(), writer: Writer::new() };
                table.record(names.iter().map(String::as_str), &mut bytes);
                table
            }
        };
        for (row, cells) in cells.chunks(width).enumerate() {
            let number = numbers.and_then(|numbers| numbers.get(row)).map(f32::to_string);
            table.record(cells.iter().chain(&number).map(String::as_str), &mut bytes);
        }
        self.table = Some(table);
        self.archive.write_all(&bytes).map_err(from_io)
    }
}

impl Table {
    /// Adds a line of these fields.
    fn record<'a>(&mut self, fields: impl Iterator<Item = &'a str>, into: &mut Vec<u8>) {
        let writer = &mut self.writer;
        for (at, field) in fields.enumerate() {
            if at > 0 {
                fill(into, |room| writer.delimiter(room));
            }
            let mut rest = field.as_bytes();
            fill(into, |room| {
                let (result, read, written) = writer.field(rest, room);
                rest = &rest[read..];
                (result, written)
            });
        }
        fill(into, |room| writer.terminator(room));
    }
}

/// Gives room until there is enough.
fn fill(into: &mut Vec<u8>, mut write: impl FnMut(&mut [u8]) -> (WriteResult, usize)) {
    let mut result = WriteResult::OutputFull;
    while result == WriteResult::OutputFull {
        let begin = into.len();
        into.resize(begin + AT_ONCE, 0);
        let (found, written) = write(&mut into[begin..]);
        into.truncate(begin + written);
        result = found;
    }
}
