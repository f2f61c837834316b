//! Cells of a file as cells of typed columns.

use std::sync::Arc;

use serde::Serialize;

use super::{Batch, Cell, Cells, ColumnKind, Field};

/// What files write where they have no value, as pandas reads them, and UCI's question mark.
const MISSING: &[&str] = &[
    "", "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

/// Rows and values that are listed one by one; more are counted.
const LISTED: usize = 100;

/// The longest piece of a value that is told.
const TOLD: usize = 60;

/// What happened to a table's rows and values.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TableReport {
    /// Rows that were read.
    pub rows: u64,
    /// Rows that were not.
    pub left_out_rows: u64,
    /// The first 100 of those, with the reason.
    pub left_out: Vec<LeftOut>,
    /// Texts that were not UTF-8 and were read as Windows-1252.
    pub recoded: u64,
    /// Values under names that the sample did not have.
    pub unnamed: u64,
    /// Columns that a table can't hold, with the reason.
    pub unread: Vec<String>,
    /// Each column.
    pub columns: Vec<ColumnReport>,
}

/// A row that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// The line at which it begins, the first being 1.
    pub line: u64,
    /// What was found and what was expected.
    pub message: String,
}

/// What happened to a column's values.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ColumnReport {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Missing values, those that do not fit among them.
    pub missing: u64,
    /// Values that are none of the column's kind and were made missing.
    pub unfit: u64,
    /// The first of those, with its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_unfit: Option<LeftOut>,
}

impl TableReport {
    /// Nothing, for a table of these columns.
    fn of(fields: &[Field]) -> Self {
        let columns = fields.iter().map(|field| ColumnReport {
            name: field.name.clone(),
            kind: field.kind,
            missing: 0,
            unfit: 0,
            first_unfit: None,
        });
        Self { columns: columns.collect(), ..Self::default() }
    }

    /// A row that is left out.
    pub fn leave_out(&mut self, line: u64, message: String) {
        self.left_out_rows += 1;
        if self.left_out.len() < LISTED {
            self.left_out.push(LeftOut { line, message });
        }
    }
}

/// Makes batches of cells, and counts what does not fit.
#[derive(Clone, Debug)]
pub struct Typing {
    fields: Arc<[Field]>,
    missing: Missing,
    /// What happened so far.
    pub report: TableReport,
}

impl Typing {
    /// For a table of these columns.
    pub fn new(fields: Vec<Field>, missing: Missing) -> Self {
        let report = TableReport::of(&fields);
        Self { fields: fields.into(), missing, report }
    }

    /// Forgets what happened.
    pub fn restart(&mut self) {
        self.report = TableReport::of(&self.fields);
    }

    /// The columns.
    pub fn fields(&self) -> &Arc<[Field]> {
        &self.fields
    }

    /// Adds a row, the cells of which are asked for by their column. One that does not fit becomes a
    /// missing value.
    pub fn push<'a>(&mut self, batch: &mut Batch, line: u64, cell: impl Fn(usize) -> Cell<'a>) {
        for (column, cells) in batch.columns.iter_mut().enumerate() {
            let (field, report) = (&self.fields[column], &mut self.report.columns[column]);
            let cell = cell(column);
            let fits = match cells {
                Cells::Numbers(numbers) => {
                    let number = field.number(cell);
                    numbers.push(number.unwrap_or(f64::NAN));
                    number.is_some()
                }
                Cells::Texts(texts) => {
                    let text = match cell {
                        Cell::Text(text) if !self.missing.is(text) => text,
                        Cell::Number(number) => &number.to_string(),
                        Cell::Boolean(value) => {
                            if value {
                                "true"
                            } else {
                                "false"
                            }
                        }
                        Cell::Text(_) | Cell::Missing => "",
                    };
                    texts.push(text);
                    batch.text_bytes += text.len();
                    // Of those of other kinds none is empty, and of texts the empty one is missing.
                    !text.is_empty()
                }
            };
            if !fits {
                report.miss(field, cell, line, &self.missing);
            }
        }
        batch.rows += 1;
        self.report.rows += 1;
    }
}

impl ColumnReport {
    #[cold]
    fn miss(&mut self, field: &Field, cell: Cell<'_>, line: u64, missing: &Missing) {
        self.missing += 1;
        let found = match cell {
            Cell::Missing => return,
            Cell::Text(text) if missing.is(text) => return,
            Cell::Text(text) => format!("{:?}", shortened(text)),
            Cell::Number(number) => number.to_string(),
            Cell::Boolean(value) => value.to_string(),
        };
        self.unfit += 1;
        if self.first_unfit.is_none() {
            let message = format!("found {found}, expected {}", field.kind.value());
            self.first_unfit = Some(LeftOut { line, message });
        }
    }
}

/// The beginning of a text.
pub(crate) fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(TOLD)]
}

/// The texts that mean that there is no value.
#[derive(Clone, Debug)]
pub struct Missing {
    words: Vec<String>,
    /// A bit for each length that one of them has, the last for all longer.
    lengths: u64,
    /// A bit for each first byte that one of them has.
    firsts: [u64; 4],
}

impl Default for Missing {
    fn default() -> Self {
        Self::new(MISSING.iter().map(|&word| word.into()).collect())
    }
}

impl Missing {
    /// These, and the empty text.
    pub fn new(mut words: Vec<String>) -> Self {
        words.push(String::new());
        let lengths = words.iter().fold(0, |lengths, word| lengths | Self::bit(word));
        let mut firsts = [0; 4];
        for first in words.iter().filter_map(|word| word.bytes().next()) {
            firsts[usize::from(first / 64)] |= 1 << (first % 64);
        }
        Self { words, lengths, firsts }
    }

    fn bit(text: &str) -> u64 {
        1 << text.len().min(63)
    }

    /// Whether this is one of them.
    pub fn is(&self, text: &str) -> bool {
        let Some(&first) = text.as_bytes().first() else { return true };
        // That is enough to know of most texts, for far less than comparing them.
        let may_be = self.lengths & Self::bit(text) != 0
            && self.firsts[usize::from(first / 64)] >> (first % 64) & 1 == 1;
        may_be && self.words.iter().any(|word| word == text)
    }
}
