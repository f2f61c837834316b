//! What is read of a table beside what `csv-core` and the standard library read of it: for fuzzing.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::Csv;
use crate::Result;
use crate::data::table::{MOST_COLUMNS, number};
use crate::formats::decode::{Encoding, windows_1252};
use crate::formats::table::{Records, TableOptions};

/// The fewest bytes of a block: `csv-core` passes over a byte order mark only where it is whole in one.
const LEAST_BLOCK: usize = 8;

/// Asserts that fields are those that `csv-core` finds, in whatever blocks they come. The first two bytes
/// say what stands between fields and how long blocks are.
pub(crate) fn assert_fields(bytes: &[u8]) {
    let Some((&[delimiter, block], text)) = bytes.split_first_chunk() else { return };
    let delimiter = [',', ';', '\t', '|', ' ', ':'][usize::from(delimiter) % 6];
    assert_same(text, delimiter, LEAST_BLOCK + usize::from(block));
}

/// Asserts that each line is the number that the standard library reads, to the bit.
pub(crate) fn assert_numbers(bytes: &[u8]) {
    for text in bytes.split(|&byte| byte == b'\n').filter_map(|line| str::from_utf8(line).ok()) {
        for decimal_comma in [false, true] {
            let found = number(text, decimal_comma).map(f64::to_bits);
            assert_eq!(found, by_standard_library(text, decimal_comma), "{text:?}");
        }
    }
}

/// The bits of the finite number that a text is, names of infinities aside.
fn by_standard_library(text: &str, decimal_comma: bool) -> Option<u64> {
    if !text.ends_with(|end: char| end.is_ascii_digit() || ".,".contains(end)) {
        return None;
    }
    let number: std::result::Result<f64, _> = match decimal_comma {
        true if text.contains('.') => return None,
        true => text.replace(',', ".").parse(),
        false => text.parse(),
    };
    number.ok().filter(|number| number.is_finite()).map(f64::to_bits)
}

/// Asserts that a text that is read by its marks in blocks of so many bytes has the fields that are found
/// byte by byte in larger ones, and those that `csv-core` finds in all of it.
pub(super) fn assert_same(text: &[u8], delimiter: char, block: usize) {
    let options = TableOptions { delimiter: Some(delimiter), ..TableOptions::default() };
    let open = || Csv::new(text.to_vec(), &options);
    let (Ok(mut csv), Ok(mut by_bytes)) = (open(), open()) else {
        return assert!(open().is_err());
    };
    for csv in [&mut csv, &mut by_bytes] {
        csv.header = false;
        csv.rewind().expect("it was read before");
    }
    csv.text.set_block(block);
    let mut by_core = ByCore::new(text, delimiter as u8);
    if by_core.has_late_mark() {
        return;
    }
    loop {
        let expected = by_core.next();
        let (found, by_bytes_found) = (csv.read(), next_by_bytes(&mut by_bytes));
        if expected.as_ref().is_some_and(|fields| fields.len() > MOST_COLUMNS) {
            return assert!(found.is_err() && by_bytes_found.is_err());
        }
        let found = found.expect("a record that can be read");
        assert_eq!(
            (found, by_bytes_found.expect("a record that can be read")),
            (expected.is_some(), found)
        );
        let Some(expected) = expected else { return };
        let fields = (0..csv.record.fields).map(|field| csv.record.get(field));
        assert!(fields.eq(expected.iter().map(|field| field.trim_ascii())), "{expected:?}");
        let place = |csv: &Csv<Vec<u8>>| {
            (csv.line, csv.after_return, csv.record.recoded, csv.record.fields)
        };
        assert_eq!(place(&csv), place(&by_bytes));
    }
}

/// The next record read byte by byte.
fn next_by_bytes(csv: &mut Csv<Vec<u8>>) -> Result<bool> {
    if !csv.skip_line_ends()? {
        return Ok(false);
    }
    csv.after_return = false;
    csv.read_any()
}

/// Records as `csv-core` finds them in a text that is there as a whole.
struct ByCore {
    core: Reader,
    text: Vec<u8>,
    /// Bytes of the text that were read.
    read: usize,
    /// Room for a record as long as all of it, and its fields.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl ByCore {
    fn new(bytes: &[u8], delimiter: u8) -> Self {
        let (encoding, mark) = Encoding::of(bytes);
        let mut text = Vec::new();
        // Half a character at the end is none.
        encoding.decode(&bytes[mark.min(bytes.len())..], &mut Vec::new(), &mut text);
        let read = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let core = ReaderBuilder::new().delimiter(delimiter).build();
        let (bytes, ends) = (vec![0; text.len()], vec![0; text.len() + 1]);
        Self { core, text, read, bytes, ends }
    }

    /// Whether there is a byte order mark behind line ends, which is passed over only where it is whole in
    /// one block.
    fn has_late_mark(&self) -> bool {
        self.read > 0 && self.text[self.read..].starts_with(b"\xef\xbb\xbf")
    }

    /// The fields of the next record, in Windows-1252 where they are not UTF-8.
    fn next(&mut self) -> Option<Vec<String>> {
        let Self { core, text, read: at, bytes, ends } = self;
        let (mut filled, mut fields) = (0, 0);
        loop {
            let room = (&mut bytes[filled..], &mut ends[fields..]);
            let (result, read, written, ended) = core.read_record(&text[*at..], room.0, room.1);
            *at += read;
            (filled, fields) = (filled + written, fields + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return None,
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    unreachable!("there is room for all of the text")
                }
            }
        }
        let begins = [0].into_iter().chain(ends.iter().copied());
        let fields = begins.zip(&*ends).take(fields).map(|(begin, &end)| &bytes[begin..end]);
        let text = |field: &[u8]| match str::from_utf8(field) {
            Ok(text) => text.to_owned(),
            Err(_) => field.iter().map(|&byte| windows_1252(byte)).collect(),
        };
        Some(fields.map(text).collect())
    }
}

/// Tables in several encodings, behind the two bytes.
#[cfg(test)]
pub(crate) fn examples() -> Vec<Vec<u8>> {
    let tables = super::examples().into_iter().zip([[0, 0], [0, 9], [1, 30], [1, 200], [2, 1]]);
    let tables = tables.map(|(text, bytes)| [bytes.to_vec(), text].concat());
    let odd =
        b"\x00\x03a,b\n\"x\"\"y\" ,\"2\r\n3\"\r\r\n \xfc ,1\n\xef\xbb\xbfa,,\n\n\n,\n5\" ,'\n";
    tables.chain([odd.to_vec()]).collect()
}

/// Numbers of all forms, one a line.
#[cfg(test)]
pub(crate) fn examples_of_numbers() -> Vec<Vec<u8>> {
    vec![
        b"0\n-0\n1.5\n-1,5\n.5\n5.\n+1\n1e3\n-.\n0.1\n00012\n1 \ninf\nnan".to_vec(),
        b"123456789012345\n1234567890123456\n0.000000000000001\n9007199254740993\n1e-400".to_vec(),
    ]
}
