//! Parquet (github.com/apache/parquet-format, 2.12): columns in groups of rows, packed page by page.
//!
//! Read are all columns of single values, also those within structures, whose names are joined by dots;
//! lists, maps and raw bytes are left out and told. A page is decoded value by value, so that memory is
//! that of a page for each column. Pages may be packed by Snappy, gzip, Zstandard or LZ4.
//!
//! (The crate `parquet` was not taken: it allocates up to 2 GB because a page's header says so, and has
//! Zstandard only by way of C, which WebAssembly has none of.)

mod bits;
mod metadata;
mod page;
mod schema;
#[cfg(test)]
mod tests;
mod thrift;
mod values;

use metadata::{Column, Metadata, Physical};
use page::{Page, PageKind};
use values::{Decoder, Value};

use super::source::Source;
use super::table::{Records, Step, TableOptions, TableReader, TextTable};
use crate::data::table::{Cell, ColumnKind, TableReport};
use crate::{Result, err};

/// As [`Format::name`](super::Format::name).
pub const NAME: &str = "Parquet";

const MAGIC: &[u8; 4] = b"PAR1";

/// Bytes of unpacked pages of all columns that are held at a time, and how many times the file's more.
const HELD: u64 = 64 << 20;
const HELD_TIMES: u64 = 32;

/// Whether a file begins with Parquet's signature.
pub(super) fn sniff(head: &[u8], _len: u64) -> bool {
    head.starts_with(MAGIC)
}

/// Opens a table.
///
/// # Errors
/// `Format` for a file that is none or has no column that can be read, `Unsupported` for pages packed
/// otherwise, `TooLarge` for sizes that the file does not justify, `Argument` for options that are
/// impossible, and what the source answers.
pub fn open<S: Source + 'static>(
    source: S,
    options: &TableOptions,
) -> Result<Box<dyn TableReader>> {
    Ok(Box::new(TextTable::new(Parquet::new(source)?, options)?))
}

/// Rows of a file.
struct Parquet<S> {
    source: S,
    metadata: Metadata,
    /// The next group of rows.
    group: usize,
    /// Rows of the group to come, and rows that were read.
    left: u64,
    row: u64,
    columns: Vec<Reader>,
    held: u64,
}

impl<S: Source> Parquet<S> {
    fn new(mut source: S) -> Result<Self> {
        let metadata = Metadata::read(&mut source)?;
        let columns = metadata.columns.iter().cloned().map(Reader::new).collect();
        Ok(Self { source, metadata, group: 0, left: 0, row: 0, columns, held: 0 })
    }
}

impl<S: Source> Records for Parquet<S> {
    fn names(&self) -> Vec<String> {
        self.metadata.columns.iter().map(|column| column.name.clone()).collect()
    }

    fn kind(&self, column: usize) -> Option<ColumnKind> {
        self.metadata.columns[column].kind()
    }

    fn rewind(&mut self) -> Result<()> {
        (self.group, self.left, self.row) = (0, 0, 0);
        Ok(())
    }

    fn advance(&mut self) -> Result<Step> {
        while self.left == 0 {
            let Some(group) = self.metadata.groups.get(self.group) else { return Ok(Step::End) };
            for reader in &mut self.columns {
                let chunk = &group.chunks[reader.column.leaf];
                (reader.begin, reader.end, reader.codec) = (chunk.begin, chunk.end, chunk.codec);
                reader.left = 0;
                reader.dictionary.clear();
            }
            self.left = group.rows;
            self.group += 1;
        }
        let most = HELD + HELD_TIMES * self.source.len();
        for reader in &mut self.columns {
            reader.advance(&mut self.source, &mut self.held, most).map_err(|error| {
                let message = error.message().replacen("Parquet:", &reader.place(), 1);
                crate::Error::new(error.kind(), message)
            })?;
        }
        (self.left, self.row) = (self.left - 1, self.row + 1);
        Ok(Step::Row(self.row))
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        self.columns[column].cell()
    }

    /// By rows: columns lie one after the other.
    fn progress(&self) -> (u64, u64) {
        let len = self.source.len();
        let done = u128::from(len) * u128::from(self.row) / u128::from(self.metadata.rows.max(1));
        (done as u64, len)
    }

    fn count(&self, report: &mut TableReport) {
        report.unread.clone_from(&self.metadata.unread);
    }
}

/// A column that is read value by value.
struct Reader {
    column: Column,
    /// Where the next page begins and the group's end.
    begin: u64,
    end: u64,
    codec: i64,
    /// Values of the page to come.
    left: u64,
    page: Vec<u8>,
    levels: Option<bits::Hybrid>,
    values: Decoder,
    dictionary: Dictionary,
    value: Value,
}

/// The different values of a group.
#[derive(Default)]
struct Dictionary {
    page: Vec<u8>,
    values: Vec<Value>,
}

impl Dictionary {
    fn clear(&mut self) {
        self.page.clear();
        self.values.clear();
    }
}

impl Reader {
    fn new(column: Column) -> Self {
        Self {
            column,
            begin: 0,
            end: 0,
            codec: 0,
            left: 0,
            page: Vec::new(),
            levels: None,
            values: Decoder::empty(),
            dictionary: Dictionary::default(),
            value: Value::Missing,
        }
    }

    /// Memory that its pages take.
    fn bytes(&self) -> u64 {
        let values = size_of::<Value>() * self.dictionary.values.capacity();
        (self.page.capacity() + self.dictionary.page.capacity() + values) as u64
    }

    fn place(&self) -> String {
        format!("Parquet, column \"{}\":", self.column.name)
    }

    /// Reads the next value.
    fn advance(&mut self, source: &mut impl Source, held: &mut u64, most: u64) -> Result<()> {
        while self.left == 0 {
            self.next_page(source, held, most)?;
        }
        self.left -= 1;
        let level = match &mut self.levels {
            Some(levels) => levels.next(&self.page)?,
            None => self.column.most_defined,
        };
        if level < self.column.most_defined {
            self.value = Value::Missing;
            return Ok(());
        }
        self.value = self.values.next(&self.column, &self.page)?;
        if let Value::Entry(entry) = self.value {
            let found = self.dictionary.values.get(entry).copied();
            let found = found.ok_or_else(|| {
                let entries = self.dictionary.values.len();
                err!(Format, "Parquet: found value {entry} of a dictionary of {entries}")
            })?;
            // Numbers are read at once, texts where they are.
            if !matches!(found, Value::Bytes(..)) {
                self.value = found;
            }
        }
        Ok(())
    }

    fn next_page(&mut self, source: &mut impl Source, held: &mut u64, most: u64) -> Result<()> {
        if self.begin >= self.end {
            return Err(err!(Format, "Parquet: it has fewer values than its group has rows"));
        }
        let before = self.bytes();
        let mut page = std::mem::take(&mut self.page);
        let found = page::read(source, self.begin, self.end, self.codec, &mut page)?;
        self.begin = found.next;
        match found.kind {
            PageKind::Other => self.page = page,
            PageKind::Dictionary => self.set_dictionary(found, page)?,
            PageKind::Data | PageKind::DataV2 { .. } => {
                self.page = page;
                self.set_data(found)?;
            }
        }
        *held = (*held + self.bytes()).saturating_sub(before);
        if *held > most {
            return Err(err!(
                TooLarge,
                "Parquet: the pages of all columns have more than {most} bytes, expected at most as \
                 many at a time"
            ));
        }
        Ok(())
    }

    fn set_dictionary(&mut self, found: Page, page: Vec<u8>) -> Result<()> {
        // Each value takes a byte or more.
        if found.values > page.len() as u64 || !matches!(found.encoding, 0 | 2) {
            return Err(err!(
                Format,
                "Parquet: a dictionary has {} values in {} bytes by encoding {}",
                found.values,
                page.len(),
                found.encoding
            ));
        }
        let mut decoder = Decoder::new(&self.column, 0, &page, 0)?;
        self.dictionary.values.clear();
        for _ in 0..found.values {
            self.dictionary.values.push(decoder.next(&self.column, &page)?);
        }
        self.dictionary.page = page;
        Ok(())
    }

    fn set_data(&mut self, found: Page) -> Result<()> {
        let width = u32::BITS - self.column.most_defined.leading_zeros();
        let mut begin = 0;
        self.levels = None;
        match found.kind {
            PageKind::DataV2 { repetition, definition } => {
                begin = repetition + definition;
                if width > 0 {
                    self.levels = Some(bits::Hybrid::new(repetition, begin, width)?);
                }
            }
            _ if width > 0 => {
                let len = self.page.first_chunk().map(|len| u32::from_le_bytes(*len) as usize);
                let end =
                    len.and_then(|len| len.checked_add(4)).filter(|&end| end <= self.page.len());
                begin =
                    end.ok_or_else(|| err!(Format, "Parquet: a page ends within its levels"))?;
                self.levels = Some(bits::Hybrid::new(4, begin, width)?);
            }
            _ => {}
        }
        self.left = found.values;
        // A page of missing values may end here.
        self.values = if begin == self.page.len() && self.levels.is_some() {
            Decoder::empty()
        } else {
            Decoder::new(&self.column, found.encoding, &self.page, begin)?
        };
        Ok(())
    }

    fn cell(&self) -> Cell<'_> {
        match self.value {
            Value::Missing => Cell::Missing,
            Value::Number(number) if self.column.physical == Physical::Boolean => {
                Cell::Boolean(number != 0.0)
            }
            Value::Number(number) if number.is_finite() => Cell::Number(number),
            // No table holds it as a number, and reports can name it.
            Value::Number(_) => Cell::Text("infinity"),
            Value::Bytes(begin, end) => text(self.page.get(begin..end)),
            Value::Own => text(Some(&self.values.prefixed)),
            Value::Entry(entry) => match self.dictionary.values.get(entry) {
                Some(&Value::Bytes(begin, end)) => text(self.dictionary.page.get(begin..end)),
                _ => Cell::Missing,
            },
        }
    }
}

/// A text, unless it is none.
fn text(bytes: Option<&[u8]>) -> Cell<'_> {
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.map_or(Cell::Missing, |text| Cell::Text(text.trim_ascii()))
}

/// Small files: all types and packings, missing values and a structure.
#[cfg(test)]
pub(super) fn examples() -> Vec<Vec<u8>> {
    tests::FILES.iter().map(|(_, bytes)| bytes.to_vec()).collect()
}
