//! Rows of typed columns.

use std::sync::Arc;

use super::{ColumnKind, Field};
use crate::{Result, err};

/// The cells of one column of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Numbers; booleans as 0 and 1; dates as milliseconds since 1970. All are finite; NaN is a
    /// missing value.
    Numbers(Vec<f64>),
    /// Categories and texts. An empty one is a missing value.
    Texts(Texts),
}

impl Cells {
    /// No cells of a column of this kind.
    pub fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Number | ColumnKind::Boolean | ColumnKind::Date => {
                Self::Numbers(Vec::new())
            }
            ColumnKind::Category | ColumnKind::Text => Self::Texts(Texts::default()),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the cell of this row is missing, or there is none.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Numbers(numbers) => numbers.get(row).is_none_or(|number| number.is_nan()),
            Self::Texts(texts) => texts.get(row).is_empty(),
        }
    }

    /// The numbers of a column that has some.
    pub fn numbers(&self) -> Option<&[f64]> {
        match self {
            Self::Numbers(numbers) => Some(numbers),
            Self::Texts(_) => None,
        }
    }

    /// The texts of a column that has some.
    pub fn texts(&self) -> Option<&Texts> {
        match self {
            Self::Numbers(_) => None,
            Self::Texts(texts) => Some(texts),
        }
    }

    /// Memory that a cell takes besides the text.
    fn row_bytes(&self) -> usize {
        match self {
            Self::Numbers(_) => size_of::<f64>(),
            Self::Texts(_) => size_of::<usize>(),
        }
    }

    /// The same column without any cells; its memory stays.
    pub fn clear(&mut self) {
        match self {
            Self::Numbers(numbers) => numbers.clear(),
            Self::Texts(texts) => texts.clear(),
        }
    }
}

/// Texts, one after the other in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// One more.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// The text of this row; empty beyond the last.
    pub fn get(&self, row: usize) -> &str {
        let begin = row.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = begin.zip(self.ends.get(row).copied());
        range.and_then(|(begin, end)| self.text.get(begin..end)).unwrap_or_default()
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, &end)| &self.text[begin..end])
    }

    /// Leaves out all but those that are kept from this row on.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }

    fn clear(&mut self) {
        self.truncate(0);
    }

    /// Memory that they take.
    #[cfg(feature = "data")]
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + size_of_val(self.ends.as_slice())
    }
}

/// Some rows of a table, column by column.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    fields: Arc<[Field]>,
    pub(super) columns: Vec<Cells>,
    pub(super) rows: usize,
    /// Bytes of all texts, and those of a row besides. Looking at all columns for them after each row takes
    /// time.
    pub(super) text_bytes: usize,
    row_bytes: usize,
}

impl Batch {
    /// No rows of these columns.
    pub fn new(fields: Arc<[Field]>) -> Self {
        let columns: Vec<_> = fields.iter().map(|field| Cells::new(field.kind)).collect();
        let row_bytes = columns.iter().map(Cells::row_bytes).sum();
        Self { fields, columns, rows: 0, text_bytes: 0, row_bytes }
    }

    /// Rows of these columns.
    ///
    /// # Errors
    /// `Shape` for columns of different lengths, or another number of them than fields; `Data` for
    /// cells of another kind than their field's.
    pub fn from_columns(fields: Arc<[Field]>, columns: Vec<Cells>) -> Result<Self> {
        if fields.len() != columns.len() {
            let (found, expected) = (columns.len(), fields.len());
            return Err(err!(Shape, "table: found {found} columns, expected {expected}"));
        }
        let rows = columns.first().map_or(0, Cells::len);
        for (field, cells) in fields.iter().zip(&columns) {
            if cells.len() != rows {
                return Err(err!(
                    Shape,
                    "column \"{}\": found {} cells, expected {rows} as in the first",
                    field.name,
                    cells.len()
                ));
            }
            let expected = Cells::new(field.kind);
            if std::mem::discriminant(cells) != std::mem::discriminant(&expected) {
                let (name, kind) = (&field.name, field.kind.value());
                return Err(err!(Data, "column \"{name}\": the cells are not each {kind}"));
            }
        }
        let text_bytes =
            columns.iter().filter_map(Cells::texts).map(|texts| texts.text.len()).sum();
        let row_bytes = columns.iter().map(Cells::row_bytes).sum();
        Ok(Self { fields, columns, rows, text_bytes, row_bytes })
    }

    /// The columns' names and kinds.
    pub fn fields(&self) -> &Arc<[Field]> {
        &self.fields
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns in the order of their fields.
    pub fn columns(&self) -> &[Cells] {
        &self.columns
    }

    /// The column of this name.
    ///
    /// # Errors
    /// `NotFound`, with the names there are.
    pub fn column(&self, name: &str) -> Result<(&Field, &Cells)> {
        let at = self.fields.iter().position(|field| field.name == name);
        at.map(|at| (&self.fields[at], &self.columns[at])).ok_or_else(|| {
            let names: Vec<_> = self.fields.iter().take(20).map(|field| &*field.name).collect();
            let more = if self.fields.len() > names.len() { ", ..." } else { "" };
            err!(NotFound, "column \"{name}\": the table has {}{more}", names.join(", "))
        })
    }

    /// No rows; the memory stays.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(Cells::clear);
        (self.rows, self.text_bytes) = (0, 0);
    }

    /// Memory that the cells take.
    pub fn bytes(&self) -> usize {
        self.text_bytes + self.rows * self.row_bytes
    }
}
