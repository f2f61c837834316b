//! CSV and its kin: fields between commas, semicolons, tabs or bars (RFC 4180, read leniently by the
//! crate `csv-core`).
//!
//! Quoted fields may hold line ends; lines may end in any way; the text may be UTF-8, UTF-16 or
//! Windows-1252. Empty lines are passed over, and space around fields is not part of them.

#[cfg(all(any(test, fuzzing), not(target_arch = "wasm32")))]
pub(crate) mod differences;
#[cfg(test)]
mod examples;
mod marks;
mod sniff;
#[cfg(test)]
mod tests;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

#[cfg(test)]
pub(super) use examples::examples;
pub(super) use sniff::sniff;

use self::marks::Marks;
use super::decode::{Decoder, windows_1252};
use super::source::Source;
use super::table::{LONGEST_ROW, Ragged, Records, Step, TableOptions, TableReader, TextTable};
use crate::data::table::{Cell, MOST_COLUMNS, TableReport};
use crate::{Result, err};

/// As [`Format::name`](super::Format::name).
pub const NAME: &str = "CSV";

/// Opens a table of these fields.
///
/// # Errors
/// `Format` for a file without any text, `TooLarge` for more columns than [`MOST_COLUMNS`] and a row
/// of more than 16 MiB, `Argument` for options that are impossible, and what the source answers.
pub fn open<S: Source + 'static>(
    source: S,
    options: &TableOptions,
) -> Result<Box<dyn TableReader>> {
    Ok(Box::new(TextTable::new(Csv::new(source, options)?, options)?))
}

/// Fields of a file, record by record.
struct Csv<S> {
    text: Decoder<S>,
    core: Reader,
    delimiter: u8,
    /// Marks of the block of text that is read.
    marks: Marks,
    /// Whether a record was read since the beginning: `core` passes over a further byte order mark there.
    begun: bool,
    /// Names of the columns.
    names: Vec<String>,
    /// Whether the first record is names.
    header: bool,
    ragged: Ragged,
    record: Record,
    /// The line on which the next record begins.
    line: u64,
    /// Whether the text before was a carriage return, whose line feed is not a further line.
    after_return: bool,
}

/// The fields of one record.
#[derive(Default)]
struct Record {
    bytes: Vec<u8>,
    /// The bytes as text.
    text: String,
    /// Where fields end, and how many there are.
    ends: Vec<usize>,
    fields: usize,
    /// Bytes between two fields.
    between: usize,
    /// Fields that were not UTF-8.
    recoded: u64,
}

impl<S: Source> Csv<S> {
    fn new(source: S, options: &TableOptions) -> Result<Self> {
        let mut text = Decoder::new(source)?;
        if text.head()?.contains(&0) {
            return Err(err!(
                Format,
                "table: found bytes that are no text, expected rows of fields"
            ));
        }
        let delimiter = match options.delimiter {
            Some(delimiter) => sniff::check_delimiter(delimiter)?,
            None => sniff::delimiter(text.head()?),
        };
        let mut csv = Self {
            text,
            core: ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            marks: Marks::default(),
            begun: false,
            names: Vec::new(),
            header: false,
            ragged: options.ragged,
            record: Record::default(),
            line: 1,
            after_return: false,
        };
        if !csv.read()? {
            return Err(err!(Format, "table: found no text, expected rows of fields"));
        }
        let first: Vec<_> = (0..csv.record.fields).map(|field| csv.record.get(field)).collect();
        csv.header = options.header.unwrap_or_else(|| sniff::is_header(&first));
        csv.names =
            if csv.header { sniff::names(&first) } else { sniff::names(&vec![""; first.len()]) };
        csv.rewind()?;
        Ok(csv)
    }

    /// Passes over line ends; false at the end of the text.
    fn skip_line_ends(&mut self) -> Result<bool> {
        loop {
            let text = self.text.fill()?;
            let Some(&first) = text.first() else { return Ok(false) };
            match first {
                b'\n' => self.line += u64::from(!self.after_return),
                b'\r' => self.line += 1,
                _ => return Ok(true),
            }
            self.after_return = first == b'\r';
            self.text.consume(1);
        }
    }

    /// Reads the next record; false at the end.
    fn read(&mut self) -> Result<bool> {
        if !self.skip_line_ends()? {
            return Ok(false);
        }
        self.after_return = false;
        if self.begun && self.read_plain()? { Ok(true) } else { self.read_any() }
    }

    /// Reads the next record byte by byte; false at the end.
    fn read_any(&mut self) -> Result<bool> {
        self.begun = true;
        let (line, record) = (self.line, &mut self.record);
        let (mut filled, mut fields) = (0, 0);
        loop {
            let input = self.text.fill()?;
            let room = (&mut record.bytes[filled..], &mut record.ends[fields..]);
            let (result, read, written, ended) = self.core.read_record(input, room.0, room.1);
            if read > 0 {
                self.line += input[..read].iter().filter(|&&byte| byte == b'\n').count() as u64;
                self.after_return = input[read - 1] == b'\r';
            }
            self.text.consume(read);
            (filled, fields) = (filled + written, fields + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if record.bytes.len() < LONGEST_ROW => {
                    record.bytes.resize((2 * filled).clamp(1 << 10, LONGEST_ROW), 0);
                }
                ReadRecordResult::OutputFull => {
                    return Err(err!(
                        TooLarge,
                        "table: the row at line {line} has more than {LONGEST_ROW} bytes; a quotation \
                         mark may lack its counterpart"
                    ));
                }
                // One more than there may be, so that a row with too many is known as such.
                ReadRecordResult::OutputEndsFull if record.ends.len() <= MOST_COLUMNS => {
                    record.ends.resize((2 * fields).clamp(64, MOST_COLUMNS + 1), 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    return Err(err!(
                        TooLarge,
                        "table: line {line} has more than {MOST_COLUMNS} fields, expected at most as \
                         many"
                    ));
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(false),
            }
        }
        self.line += u64::from(self.after_return);
        record.fields = fields;
        record.between = 0;
        record.decode(filled);
        Ok(true)
    }

    /// Reads the next record if it is plain: UTF-8 without quotation marks, whole in the block of text.
    /// Most are, and this takes a quarter of the time; the fields are those that `core` finds.
    fn read_plain(&mut self) -> Result<bool> {
        let Self { text, marks, record, .. } = self;
        let (number, block, used) = text.block()?;
        marks.find(number, block, self.delimiter);
        let Some(end) = marks.record(block, used, &mut record.ends) else { return Ok(false) };
        let Ok(row) = std::str::from_utf8(&block[used..end]) else { return Ok(false) };
        record.text.clear();
        record.text.push_str(row);
        record.fields = record.ends.len();
        record.between = 1;
        self.line += 1;
        self.after_return = block[end] == b'\r';
        text.consume(end + 1 - used);
        Ok(true)
    }
}

impl<S: Source> Records for Csv<S> {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn rewind(&mut self) -> Result<()> {
        self.text.rewind();
        self.core.reset();
        (self.line, self.after_return, self.record.recoded) = (1, false, 0);
        self.begun = false;
        if self.header {
            self.read()?;
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Step> {
        let columns = self.names.len();
        loop {
            // A carriage return's line feed comes before the row.
            if !self.skip_line_ends()? {
                return Ok(Step::End);
            }
            let line = self.line;
            if !self.read()? {
                return Ok(Step::End);
            }
            let fields = self.record.fields;
            if fields == columns || self.ragged == Ragged::Fill {
                return Ok(Step::Row(line));
            }
            if fields == 1 && self.record.get(0).is_empty() {
                continue;
            }
            if fields > columns && (columns..fields).all(|field| self.record.get(field).is_empty())
            {
                return Ok(Step::Row(line));
            }
            return Ok(Step::LeftOut(line, format!("found {fields} fields, expected {columns}")));
        }
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        Cell::Text(self.record.get(column))
    }

    fn progress(&self) -> (u64, u64) {
        self.text.progress()
    }

    fn count(&self, report: &mut TableReport) {
        report.recoded = self.record.recoded;
    }
}

impl Record {
    /// A field without the space around it; empty beyond the last.
    fn get(&self, field: usize) -> &str {
        let Some(&end) = self.ends[..self.fields].get(field) else { return "" };
        let begin = if field == 0 { 0 } else { self.ends[field - 1] + self.between };
        self.text.get(begin..end).unwrap_or_default().trim_ascii()
    }

    /// Makes text of the bytes. Fields that are not UTF-8 are Windows-1252: what programs write that ask
    /// nobody.
    fn decode(&mut self, filled: usize) {
        let (bytes, ends) = (&self.bytes[..filled], &mut self.ends[..self.fields]);
        self.text.clear();
        // At once, since that is most of the time; two fields may be UTF-8 only together.
        if let Ok(text) = std::str::from_utf8(bytes)
            && ends.iter().all(|&end| text.is_char_boundary(end))
        {
            self.text.push_str(text);
            return;
        }
        let mut begin = 0;
        for end in ends {
            match std::str::from_utf8(&bytes[begin..*end]) {
                Ok(field) => self.text.push_str(field),
                Err(_) => {
                    self.recoded += 1;
                    self.text.extend(bytes[begin..*end].iter().map(|&byte| windows_1252(byte)));
                }
            }
            begin = *end;
            *end = self.text.len();
        }
    }
}
