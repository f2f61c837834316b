//! Tables in files: one reader for all formats, batch by batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::source::Source;
use super::{Kind, csv, json, parquet, sniff};
use crate::data::table::{Batch, Cell, ColumnKind, Field, Inference, Missing, TableReport, Typing};
use crate::{Result, err};

/// Rows of a sample from which the kinds of columns are told, and bytes of the file that it may take.
const SAMPLE_ROWS: usize = 10_000;
const SAMPLE_BYTES: u64 = 4 << 20;

/// The longest row that is read, in bytes of text.
pub(super) const LONGEST_ROW: usize = 16 << 20;

/// How a table is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TableOptions {
    /// For CSV: whether the first row names the columns. Without it that is told from the row: all
    /// different, and none a number or a date.
    pub header: Option<bool>,
    /// For CSV: what stands between fields. Without it that is told from the first rows: a tab, a
    /// semicolon, a bar or a comma.
    pub delimiter: Option<char>,
    /// What columns hold, by name; for the others that is told from a sample of up to 10,000 rows.
    pub kinds: BTreeMap<String, ColumnKind>,
    /// Texts that mean that there is no value, instead of the usual ones (`NA`, `null`, `?` and so on).
    pub missing: Option<Vec<String>>,
    /// For CSV: what happens to rows with fewer or more fields than columns.
    pub ragged: Ragged,
    /// Rows in a batch; 4096 without it.
    pub batch: Option<u32>,
}

/// What happens to rows with fewer or more fields than columns. Empty fields beyond the last column are
/// no fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Ragged {
    /// They are left out and listed.
    #[default]
    LeaveOut,
    /// What lacks is missing, what is too much is dropped.
    Fill,
}

/// A table that is read row after row.
pub trait TableReader: Send {
    /// The columns.
    fn fields(&self) -> &Arc<[Field]>;

    /// Replaces the rows of the batch, which is one of these columns, by the next ones; false when there
    /// are no more.
    ///
    /// # Errors
    /// What the source answers; `Format` or `TooLarge` where reading can't go on.
    fn next(&mut self, batch: &mut Batch) -> Result<bool>;

    /// Goes back to before the first row, with nothing reported. Batches then have at most so many rows,
    /// at least one.
    ///
    /// # Errors
    /// What the source answers.
    fn restart(&mut self, rows: usize) -> Result<()>;

    /// How many bytes of how many of the file lie behind.
    fn progress(&self) -> (u64, u64);

    /// What happened so far.
    fn report(&self) -> &TableReport;
}

/// Opens a table of whatever format.
///
/// # Errors
/// `Format` if it is none or can't be read, `TooLarge` for more columns than
/// [`MOST_COLUMNS`](crate::data::table::MOST_COLUMNS), `Argument` for options that are impossible,
/// `NotFound` for a kind of a column that is not there, and what the source answers.
pub fn open<S: Source + 'static>(
    mut source: S,
    options: &TableOptions,
) -> Result<Box<dyn TableReader>> {
    // A table of one column looks like any text.
    match sniff(&mut source) {
        Ok(format) if format.name == json::LINES || format.name == json::ARRAY => {
            json::open(source, options)
        }
        Ok(format) if format.name == parquet::NAME => parquet::open(source, options),
        Ok(format) if !matches!(format.kind, Kind::Table | Kind::Text | Kind::Annotation) => {
            Err(err!(Format, "table: found {}, expected a format of tables", format.name))
        }
        _ => csv::open(source, options),
    }
}

/// Reads all rows and keeps none.
pub(super) fn check(mut table: Box<dyn TableReader>) -> Result<()> {
    let mut batch = Batch::new(table.fields().clone());
    while table.next(&mut batch)? {}
    if table.report().rows == 0 {
        return Err(no_rows(table.report()));
    }
    Ok(())
}

/// The error that a table without any rows is.
fn no_rows(report: &TableReport) -> crate::Error {
    match report.left_out.first() {
        Some(first) => err!(
            Format,
            "table: none of {} rows can be read; line {}: {}",
            report.left_out_rows,
            first.line,
            first.message
        ),
        None => err!(Format, "table: found no rows, expected at least 1"),
    }
}

/// Rows of a format that is text.
pub(super) trait Records: Send {
    /// Names of the columns.
    fn names(&self) -> Vec<String>;

    /// What a column holds, where the format says so.
    fn kind(&self, _column: usize) -> Option<ColumnKind> {
        None
    }

    /// Back to the first row.
    fn rewind(&mut self) -> Result<()>;

    /// Reads on to the next row.
    fn advance(&mut self) -> Result<Step>;

    /// A cell of the row that was read.
    fn cell(&self, column: usize) -> Cell<'_>;

    /// How many bytes of how many of the file lie behind.
    fn progress(&self) -> (u64, u64);

    /// Adds what is counted on the way.
    fn count(&self, report: &mut TableReport);
}

/// What was read.
pub(super) enum Step {
    /// A row that begins at this line.
    Row(u64),
    /// A row that cannot be taken, and why.
    LeftOut(u64, String),
    /// There are no more.
    End,
}

/// A table of text whose kinds were told from a sample.
pub(super) struct TextTable<R> {
    records: R,
    typing: Typing,
    rows: usize,
    ended: bool,
}

impl<R: Records> TextTable<R> {
    pub fn new(mut records: R, options: &TableOptions) -> Result<Self> {
        let rows = options.batch.unwrap_or(4096);
        if rows == 0 || rows > 1 << 20 {
            return Err(err!(Argument, "table: batch is {rows}, expected 1 to {}", 1 << 20));
        }
        let missing = options.missing.clone().map(Missing::new).unwrap_or_default();
        let names = records.names();
        let mut inference = Inference::new(names.len());
        let mut sampled = 0;
        while sampled < SAMPLE_ROWS && records.progress().0 < SAMPLE_BYTES {
            match records.advance()? {
                Step::Row(_) => sampled += 1,
                Step::LeftOut(..) => continue,
                Step::End => break,
            }
            for column in 0..names.len() {
                match records.cell(column) {
                    Cell::Text(text) if missing.is(text) => {}
                    cell => inference.add(column, cell),
                }
            }
        }
        records.rewind()?;
        let mut fields = inference.fields(names);
        for (column, field) in fields.iter_mut().enumerate() {
            field.kind = records.kind(column).unwrap_or(field.kind);
        }
        for (name, &kind) in &options.kinds {
            let Some(field) = fields.iter_mut().find(|field| field.name == *name) else {
                return Err(err!(NotFound, "table: kinds names \"{name}\", which is no column"));
            };
            field.kind = kind;
        }
        fields.iter_mut().for_each(Field::tidy);
        let typing = Typing::new(fields, missing);
        Ok(Self { records, typing, rows: rows as usize, ended: false })
    }
}

impl<R: Records> TableReader for TextTable<R> {
    fn fields(&self) -> &Arc<[Field]> {
        self.typing.fields()
    }

    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        // Few rows of long texts are a batch, too.
        while !self.ended && batch.rows() < self.rows && batch.bytes() < LONGEST_ROW {
            match self.records.advance()? {
                Step::Row(line) => {
                    self.typing.push(batch, line, |column| self.records.cell(column));
                }
                Step::LeftOut(line, reason) => self.typing.report.leave_out(line, reason),
                Step::End => self.ended = true,
            }
        }
        self.records.count(&mut self.typing.report);
        Ok(!self.ended || batch.rows() > 0)
    }

    fn restart(&mut self, rows: usize) -> Result<()> {
        self.records.rewind()?;
        self.typing.restart();
        (self.rows, self.ended) = (self.rows.min(rows.max(1)), false);
        Ok(())
    }

    fn progress(&self) -> (u64, u64) {
        self.records.progress()
    }

    fn report(&self) -> &TableReport {
        &self.typing.report
    }
}
